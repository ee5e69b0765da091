"""Graphs by hand and at random, each built with the layers of handnn or of Keras, and a batch for it."""

import json

import numpy as np
import pytest


GRAPHS = 20
"""Random graphs whose configs are compared; every fifth of them is verified as well."""


def plain(config):
    """A config as it is after a round trip through a file."""
    return json.loads(json.dumps(config))


# ---- graphs by hand -----------------------------------------------------------------------------------------------
# Each takes the module (handnn or keras) and a dtype, and returns the model and its loss.


def residual(m, dtype):
    """Blocks whose input goes round them, twice over; one output is read by three layers."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(4, "relu", dtype=dtype, name="a")(x)
    b = of.Add(dtype=dtype, name="sum_1")([x, of.Dense(4, "tanh", dtype=dtype, name="inside")(a)])
    c = of.Add(dtype=dtype, name="sum_2")([b, a, of.Dense(4, dtype=dtype, name="outside")(a)])
    return m.Model(x, of.Dense(3, "softmax", dtype=dtype, name="out")(c), name="net"), "categorical_crossentropy"


def twice(m, dtype):
    """The same tensor twice in one merge, and inputs directly into merges."""
    of = m.layers
    x, y = m.Input((4,), dtype=dtype, name="x"), m.Input((4,), dtype=dtype, name="y")
    a = of.Dense(4, "sigmoid", dtype=dtype, name="a")(x)
    both = [of.Add(dtype=dtype, name="doubled")([a, a]), of.Multiply(dtype=dtype, name="squared")([a, a])]
    merged = of.Concatenate(dtype=dtype, name="join")([*both, of.Subtract(dtype=dtype, name="apart")([x, y]), y, y])
    return m.Model([x, y], of.Dense(2, dtype=dtype, name="out")(merged), name="net"), "mse"


def penalized(m, dtype):
    """Penalties on outputs that have other ways to the loss, on the fused output too."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(3, "tanh", activity_regularizer="l2", kernel_regularizer="l1", dtype=dtype, name="a")(x)
    b = of.Dense(3, dtype=dtype, activity_regularizer="l1", name="b")(a)
    c = of.Average(dtype=dtype, name="mean", activity_regularizer="l2")([a, b])
    out = of.Dense(3, "softmax", activity_regularizer="l2", dtype=dtype, name="out")(c)
    return m.Model(x, of.Identity(dtype=dtype, name="end")(out), name="net"), "categorical_crossentropy"


def frozen(m, dtype):
    """Below and beside layers that are trained."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(4, "tanh", dtype=dtype, name="a")(x)
    b = of.Dense(4, "tanh", trainable=False, kernel_regularizer="l2", dtype=dtype, name="b")(a)
    return m.Model(x, of.Dense(2, dtype=dtype, name="out")(of.Maximum(dtype=dtype, name="max")([a, b]))), "mse"


def mixed(m, dtype):
    """Neighbours of different dtypes."""
    of, other = m.layers, {"float32": "float64", "float64": "float32"}[dtype]
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(4, "tanh", dtype=other, name="a")(x)
    b = of.Add(dtype=dtype, name="sum")([x, a])
    c = of.Multiply(dtype=other, name="product")([a, b])
    return m.Model(x, of.Dense(2, dtype=dtype, name="out")(of.Add(dtype=dtype, name="end")([b, c])), name="net"), "mse"


def towers(m, dtype):
    """Two tables of vectors and their cosine, as in a recommender."""
    of = m.layers
    user, item = (m.Input((1,), dtype="int32", name=name) for name in ("user", "item"))
    left = of.Embedding(7, 3, dtype=dtype, name="users")(user)
    right = of.Embedding(5, 3, dtype=dtype, name="items")(item)
    rows = [of.Flatten(dtype=dtype, name=f"flat_{k}")(part) for k, part in enumerate((left, right))]
    score = of.Dot(1, normalize=True, dtype=dtype, name="score")(rows)
    return m.Model([user, item], of.Dense(1, "sigmoid", dtype=dtype, name="out")(score)), "binary_crossentropy"


def tables(m, dtype):
    """One index looked up in two tables, an einsum, dropout, shapes."""
    of = m.layers
    index, x = m.Input((3,), dtype="int32", name="index"), m.Input((2, 3), dtype=dtype, name="x")
    rows = of.Reshape((3, 1), dtype=dtype, name="column")(index)
    a = of.Reshape((3, 4), dtype=dtype, name="rows")(of.Embedding(6, 4, dtype=dtype, name="first")(rows))
    b = of.Embedding(6, 4, dtype=dtype, name="second")(index)
    c = of.Dropout(0.3, seed=1, dtype=dtype, name="drop")(of.Multiply(dtype=dtype, name="gate")([a, b]))
    d = of.EinsumDense("abc,cd->abd", (2, 4), "tanh", "d", dtype=dtype, name="einsum")(x)
    e = of.Dot((2, 2), dtype=dtype, name="match")([c, d])
    f = of.Permute((2, 1), dtype=dtype, name="turn")(e)
    return m.Model([index, x], of.Dense(2, dtype=dtype, name="out")(of.Flatten(dtype=dtype, name="flat")(f))), "mse"


def logits_with_several_readers(m, dtype):
    """A softmax that is read by two layers, and a softmax behind a merge that the loss fuses with."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    gate = of.Dense(3, "softmax", dtype=dtype, name="gate")(x)
    merged = of.Add(dtype=dtype, name="sum")([gate, of.Dense(3, dtype=dtype, name="beside")(gate)])
    out = of.Activation("softmax", dtype=dtype, name="out")(merged)
    return m.Model(x, of.Dropout(0.5, dtype=dtype, name="drop")(out), name="net"), "categorical_crossentropy"


def of_softmaxes(m, dtype):
    """A mixture: the sum of two softmaxes is no softmax, so nothing is fused."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    parts = [of.Dense(3, "softmax", dtype=dtype, name=f"expert_{k}")(x) for k in range(2)]
    return m.Model(x, of.Average(dtype=dtype, name="mean")(parts), name="net"), "categorical_crossentropy"


def operations(m, dtype):
    """Arithmetic with tensors and numbers, and slices, which `layers` does not list."""
    of = m.layers
    x, y = m.Input((3, 4), dtype=dtype, name="x"), m.Input((3, 4), dtype=dtype, name="y")
    a = of.Dense(4, "tanh", dtype=dtype, name="a")(x)
    b = (a + y) * (2 * a - 0.1)
    c = 0.7 - b / 3 - (-a)
    rows = [c[:, 0], c[:, -1, 1:3], b[..., ::2][:, 1], a[:, None, 2][:, 0, ::-1]]
    return m.Model([x, y], of.Dense(2, dtype=dtype, name="out")(of.Concatenate(dtype=dtype)(rows)), name="net"), "mse"


def unused(m, dtype):
    """An input that no layer reads, and a sum that an Input enters."""
    of = m.layers
    x, y = m.Input((4,), dtype=dtype, name="x"), m.Input((2,), dtype=dtype, name="y")
    a = of.Dense(3, "tanh", dtype=dtype, name="a")(x)
    return m.Model([y, x], of.Dense(2, dtype=dtype, name="out")(a), name="net"), "mse"


def cut(m, dtype):
    """The part of a larger model behind a layer."""
    of = m.layers
    x = m.Input((4,), dtype=dtype, name="x")
    a = of.Dense(3, "tanh", dtype=dtype, name="a")(x)
    b = of.Dense(3, "relu", dtype=dtype, name="b")(a)
    return m.Model(a, of.Add(dtype=dtype, name="sum")([a, b]), name="net"), "mse"


BY_HAND = [residual, twice, penalized, frozen, mixed, towers, tables, logits_with_several_readers, of_softmaxes]
BY_HAND += [operations, unused, cut]
by_hand = pytest.mark.parametrize("build", BY_HAND, ids=lambda build: build.__name__)


# ---- graphs at random ---------------------------------------------------------------------------------------------


class Draw:
    """Layers on randomly chosen tensors; the same seed gives the same graph of either module."""

    def __init__(self, module, seed, mixed_dtypes=False):
        self.module, self.rng = module, np.random.default_rng(seed)
        self.dtype, self.mixed = ("float32", "float64")[seed % 2], mixed_dtypes
        self.pool, self.unread, self.made = [], set(), 0

    def layer(self, cls, *arguments, **options):
        self.made += 1
        dtype = ("float32", "float64")[self.rng.integers(2)] if self.mixed else self.dtype
        return getattr(self.module.layers, cls)(*arguments, dtype=dtype, name=f"{cls.lower()}_{self.made}", **options)

    def push(self, tensor):
        self.unread.add(len(self.pool))
        self.pool.append(tensor)

    def pick(self, fits=lambda shape: True):
        k = int(self.rng.choice([k for k, tensor in enumerate(self.pool) if fits(tensor.shape[1:])]))
        self.unread.discard(k)
        return self.pool[k]

    def start(self, k):
        if self.rng.random() < 0.25:
            given = self.module.Input((3,), dtype="int32", name=f"in_{k}")
            self.push(self.layer("Embedding", 5, 4)(given))
        else:
            given = self.module.Input([(4,), (3, 4)][self.rng.integers(2)], dtype=self.dtype, name=f"in_{k}")
            self.push(given)
        return given

    def dense(self):
        options = {"kernel_regularizer": "l2"} if self.rng.random() < 0.2 else {}
        options |= {"activity_regularizer": "l1"} if self.rng.random() < 0.2 else {}
        activation = ("relu", "tanh", "linear", "softmax", "sigmoid")[self.rng.integers(5)]
        trainable = bool(self.rng.random() < 0.85)
        self.push(self.layer("Dense", 4, activation, trainable=trainable, **options)(self.pick()))

    def merge(self):
        parts = [self.pick()]
        for _ in range(self.rng.integers(0, 3)):
            parts.append(self.pick(lambda shape: broadcast([part.shape[1:] for part in parts], shape)))
        if self.rng.random() < 0.3:
            parts.append(parts[0])
        cls = ("Add", "Multiply", "Average", "Maximum", "Minimum")[self.rng.integers(5)]
        self.push(self.layer(cls)(parts))

    def other(self):
        x, chance = self.pick(), self.rng.random()
        if chance < 0.3:
            self.push(self.layer("Concatenate")([x, self.pick(lambda shape: shape[:-1] == x.shape[1:-1])]))
        elif chance < 0.5:
            turns = len(x.shape) > 2 and bool(self.rng.integers(2))  # the cosine of a row with itself is always 1
            self.push(self.layer("Dot", 1, normalize=turns)([x, x]))
        else:
            self.push((self.layer("Identity") if chance < 0.75 else self.layer("Dropout", 0.3, seed=3))(x))

    def model(self):
        inputs = [self.start(k) for k in range(self.rng.integers(1, 4))]
        for _ in range(self.rng.integers(2, 9)):
            (self.dense, self.merge, self.other)[self.rng.choice(3, p=[0.4, 0.4, 0.2])]()
        loose = [self.layer("Flatten")(self.pool[k]) for k in sorted(self.unread)]
        joined = self.layer("Concatenate")(loose) if len(loose) > 1 else loose[0]
        activation, loss = (
            ("softmax", "categorical_crossentropy"),
            ("sigmoid", "binary_crossentropy"),
            ("linear", "mse"),
        )[self.rng.integers(3)]
        out, chance = self.layer("Dense", 3, activation)(joined), self.rng.random()
        if chance < 0.2:
            out = self.layer("Identity")(out)
        elif chance < 0.4:
            out = self.layer("Add")([out, *([self.layer("Dense", 3)(loose[0])] if chance < 0.3 else [])])
        return self.module.Model(inputs if len(inputs) > 1 else inputs[0], out, name="net"), loss


def broadcast(shapes, other):
    try:
        np.broadcast_shapes(*shapes, other)
    except ValueError:
        return False
    return True


def at_random(seed):
    return lambda module: Draw(module, seed, mixed_dtypes=seed % 5 == 0).model()


def batch(model, loss, samples=6, seed=0):
    """Random weights in the model; x and y for it."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    x = []
    for layer in model.input_layers:
        shape = (samples, *layer.batch_shape[1:])
        x.append(rng.integers(0, 5, shape) if layer.dtype == "int32" else rng.normal(size=shape))
    outputs = model.output_shape[1:]
    y = rng.normal(size=(samples, *outputs))
    if loss != "mse":
        y = rng.integers(0, 2, y.shape) if outputs == (1,) else np.eye(*outputs)[rng.integers(0, *outputs, samples)]
    return x if len(x) > 1 else x[0], y
