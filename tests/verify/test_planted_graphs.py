"""Mistakes in the wiring of graphs: a path forgotten, counted twice, taken from the wrong branch, or overwritten.

Every formula of every layer is right; only the loop that hands tensors from layer to layer is not.
"""

import copy

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.models.network import Network
from handnn.verify import verify_model


def graph(dtype):
    """x -> a, read by b, c and twice by `sum`; a product of two branches of one shape; two inputs."""
    options = {"dtype": dtype}
    x, y = handnn.Input((4,), name="x", **options), handnn.Input((5,), name="y", **options)
    a = layers.Dense(5, "tanh", name="a", **options)(x)
    b = layers.Dense(5, "sigmoid", name="b", **options)(a)
    c = layers.Dense(5, "relu", name="c", **options)(a)
    product = layers.Multiply(name="product", **options)([b, c])
    total = layers.Add(name="sum", **options)([a, product, a])
    join = layers.Concatenate(name="join", **options)([total, y])
    out = layers.Dense(3, "softmax", name="out", **options)(join)
    model = handnn.Model([x, y], out, name="net")
    model.compile("sgd", "categorical_crossentropy")
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, [rng.normal(size=(6, 4)), rng.normal(size=(6, 5))], rng.dirichlet(np.ones(3), 6)


@pytest.fixture(scope="module")
def recorded(keras):
    """TensorFlow's trace of the graph, computed once for each dtype."""
    from tf_reference import KerasTwin

    traces = {}
    for dtype in ("float32", "float64"):
        model, x, y = graph(dtype)
        twin = KerasTwin(model.get_config(), model.get_weights(), model.loss)
        traces[dtype] = twin.trace(*model.prepare_batch(x, y), training=True)
    return traces


@pytest.fixture
def report(recorded, monkeypatch, dtype):
    """`report(plant)`: that of `verify_model` on the graph, with a mistake planted in handnn."""

    class Twin:
        def __init__(self, *arguments):
            pass

        def trace(self, *batch, training):
            return copy.deepcopy(recorded[dtype])

    def run(plant):
        model, x, y = graph(dtype)
        monkeypatch.setattr("tf_reference.KerasTwin", Twin)
        plant(monkeypatch, model)
        return verify_model(model, x, y, optimizer=False)

    return run


def place(model, name):
    return next(i for i, node in enumerate(model.nodes) if node.layer.name == name)


def paths_with(change):
    """`Network.paths` of node a, changed."""
    right = Network.paths

    def plant(patch, model):
        def paths(self, i, trace, slopes):
            parts = right(self, i, trace, slopes)
            return change(parts) if self.nodes[i].layer.name == "a" else parts

        patch.setattr(Network, "paths", paths)

    return plant


def parents_exchanged(patch, model):
    """The loop hands the first of the product's dx to the layer that was its second input, and the other way round."""
    b, c, product = (place(model, name) for name in ("b", "c", "product"))
    readers = {b: [(product, 1)], c: [(product, 0)]}
    patch.setattr(model, "_consumers", [readers.get(i, known) for i, known in enumerate(model._consumers)])


def readers_forgotten(patch, model):
    """Which layers read a is known from its first reader alone."""
    a = place(model, "a")
    patch.setattr(model, "_consumers", [known[:1] if i == a else known for i, known in enumerate(model._consumers)])


def once_for_two(patch, model):
    """A layer that reads the same output twice is taken for one reader."""
    patch.setattr(model, "_consumers", [list({j: (j, k) for j, k in known}.values()) for known in model._consumers])


def upstream_overwritten(patch, model):
    """What arrives is written over what was there, instead of added to it; only in the pass that trains."""
    right = Network.upstream

    def upstream(self, i, trace, slopes):
        found = right(self, i, trace, slopes)
        parts = self.paths(i, trace, slopes)
        return parts[-1] if len(parts) > 1 and trace.layers[0].x is not None else found

    patch.setattr(Network, "upstream", upstream)


def total_accumulated(patch, model):
    """The sum over the paths starts from that of the last step."""

    def upstream(self, i, trace, slopes):
        parts, t = self.paths(i, trace, slopes), trace.layers[i]
        if len(parts) < 2:
            return parts[0] if parts else None
        before = t.upstream_sum if t.upstream_sum is not None else 0
        t.upstream_sum = sum(parts[1:], parts[0]) + before
        return t.upstream_sum

    patch.setattr(Network, "upstream", upstream)


def sum_in_place(patch, model):
    """The first path's own array takes the sum: it is the dx of another layer."""

    def upstream(self, i, trace, slopes):
        parts = self.paths(i, trace, slopes)
        if len(parts) < 2:
            return parts[0] if parts else None
        total = parts[0]
        for part in parts[1:]:
            total += part
        return total

    patch.setattr(Network, "upstream", upstream)


def reads_the_wrong_branch(patch, model):
    """Forward: the product reads b twice; the config, and with it Keras, still says b and c."""
    b, product = place(model, "b"), place(model, "product")
    nodes = [node._replace(parents=(b, b)) if i == product else node for i, node in enumerate(model.nodes)]
    right = Network.forward_pass

    def forward_pass(self, x, trace, masks=None):
        kept, self.nodes = self.nodes, nodes
        try:
            return right(self, x, trace, masks)
        finally:
            self.nodes = kept

    patch.setattr(Network, "forward_pass", forward_pass)


def inputs_exchanged(patch, model):
    """The join reads the sum before its own input: only the order is wrong."""
    join = place(model, "join")
    nodes = [n._replace(parents=n.parents[::-1]) if i == join else n for i, n in enumerate(model.nodes)]
    right = Network.forward_pass

    def forward_pass(self, x, trace, masks=None):
        kept, self.nodes = self.nodes, nodes
        try:
            return right(self, x, trace, masks)
        finally:
            self.nodes = kept

    patch.setattr(Network, "forward_pass", forward_pass)


MISTAKES = {
    "a path forgotten": (paths_with(lambda parts: parts[:-1]), "a upstream"),
    "the first path forgotten": (paths_with(lambda parts: parts[1:]), "a upstream"),
    "a path counted twice": (paths_with(lambda parts: [*parts, parts[0]]), "a upstream"),
    "mean of the paths": (paths_with(lambda parts: [part / len(parts) for part in parts]), "a upstream"),
    "dx of the wrong branch": (parents_exchanged, "c upstream"),
    "readers forgotten": (readers_forgotten, "a upstream"),
    "one reader for two": (once_for_two, "a upstream"),
    "upstream overwritten": (upstream_overwritten, "a upstream chained"),
    "sum of the last step": (total_accumulated, "a upstream chained"),
    "sum in the place of a path": (sum_in_place, "b dx chained"),
    "forward from the wrong branch": (reads_the_wrong_branch, "product z chained"),
    "inputs of a merge exchanged": (inputs_exchanged, "join z chained"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.quick(6)
def test_a_mistake_in_the_graph_is_found_where_it_is(mistake, report):
    plant, where = MISTAKES[mistake]
    found = report(plant)
    assert not found.ok
    assert found.first_failure.where == where, [row.where for row in found.failures]


def test_the_graph_itself_is_right(report):
    assert report(lambda patch, model: None).ok
