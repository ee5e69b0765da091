"""Checks of the wiring between correct steps: a step missing, or applied to the wrong tensor. They need no tolerance.

The tensors of the model's training pass must equal, bit for bit, its steps applied to its own tensors in the right
order; the weights after two of its training steps must equal the optimizer's rule applied twice.
"""

import copy
import gc
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.trace import LayerTrace, Trace, gradient_name
from ..core.variable import Array
from ..layers import Layer
from ..models.network import Network
from ..models.objectives import each
from .comparison import Comparison, exactly
from .optimizer_steps import OptimizerState, step_taken

FORWARD, BACKWARD = ("z", "a"), ("upstream", "delta")


def masks(reference: Trace) -> dict[str, Array]:
    """Return the reference's masks, by layer."""
    return {t.name: t.mask for t in reference if t.mask is not None}


def chain(
    model: Network,
    x: Any,
    y: Array,
    weight: Array | None,
    reference: Trace,
    disturb: Any = lambda array, layer="", tensor="": array,
    earlier: Trace | None = None,
    finds_masks: bool = False,
) -> Trace:
    """Run the steps one after the other in new arrays: the two loops of Network, written a second time.

    Args:
        disturb: takes inputs, z, a, values, upstream, delta and dx with the names of layer and tensor; returns what the
            next step reads.
        earlier: what an earlier call returned, whose gradients may be overwritten; large ones take time to allocate.
        finds_masks: whether padding is found in this pass, whose weights are others; otherwise it is the reference's.
    """
    trace = model.new_trace(reference.training, wants_dx=True)
    for t, own in zip(trace, earlier or (), strict=False):
        t.gradients = own.gradients
    _forward(model, x, trace, reference, disturb, finds_masks)
    on_a, on_z = _losses(model, y, weight, trace, disturb)
    arriving: dict[int, list[Array]] = {i: [] for i in range(-len(model.input_layers), len(model.nodes))}
    arriving.update({i: [slopes] for i, slopes in on_a.items()})  # dL/da for each path from a
    for i in reversed(range(len(model.nodes))):
        (layer, parents), t = model.nodes[i], trace.layers[i]
        _residual(layer, t, arriving[i], on_z.get(i), disturb)
        if t.delta is None:
            layer.without_gradient(t)
        else:
            t.delta = disturb(t.delta, t.name, "delta")
            layer.backward(t)
            layer.penalize(t)
            for k, parent in reversed(list(enumerate(parents))):
                dx, name = (t.dx[k], f"dx[{k}]") if isinstance(t.dx, tuple) else (t.dx, "dx")
                if dx is not None:  # found from the last consumer to the first, added from first to last
                    arriving[parent].insert(parent in on_a, disturb(dx, t.name, name))
        others = [own for node, own in zip(model.nodes, trace, strict=True) if node.layer is layer and own is not t]
        if t.first and others:
            t.gradients = {
                name: sum((own.gradients[name] for own in others), gradient) for name, gradient in t.gradients.items()
            }
    return trace


def _forward(model: Network, x: Any, trace: Trace, reference: Trace, disturb: Any, finds_masks: bool) -> None:
    drawn = masks(reference)
    handed: dict[int, Any] = {-1 - k: None for k in range(len(model.input_layers))}
    outputs: dict[int, Array] = {-1 - k: disturb(part) for k, part in enumerate(x if isinstance(x, tuple) else (x,))}
    for i, ((layer, parents), t) in enumerate(zip(model.nodes, trace, strict=True)):
        read = [layer.cast(outputs[parent]) for parent in parents]
        t.x = tuple(read) if layer.merges or len(read) > 1 else read[0]
        if layer.outputs_of is not None:
            t.shapes = trace.layers[parents[0]].shapes
        layer.receive_masks(t, [handed[parent] for parent in parents])
        if not finds_masks:
            t.output_mask = reference.layers[i].output_mask  # what is disturbed may not look like padding any more
        layer.randomize(t, drawn.get(t.name))
        layer.forward(t)
        layer.hand_on_mask(t)
        handed[i] = t.output_mask
        t.z = disturb(t.z, t.name, "z")
        layer.activate(t)
        outputs[i] = t.a = disturb(t.a, t.name, "a")


def _losses(model: Network, y: Any, weight: Any, trace: Trace, disturb: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    """Write the losses; return their own dL/da by node, and dL/dz where they are fused."""
    losses = model.output_losses(trace.training)
    on_a: dict[int, Any] = {}
    on_z: dict[int, Any] = {}
    values, total = [], []
    for own, of_y, given in each(losses, y, weight):
        t, loss, of_weight = trace.layers[own.node], own.loss, model.weight_of(own, trace, given)
        output = (t.z if own.from_logits else t.a).astype(loss.dtype, copy=False)
        values.append(disturb(np.asarray(loss.values(of_y, output)), t.name, "values"))
        total.append(loss.reduce(values[-1], of_weight, of_y))
        slopes = loss.gradient_of_reduced(of_y, output, of_weight)
        slopes = slopes if own.weight == 1 else slopes * slopes.dtype.type(own.weight)
        found = on_z if own.from_logits else on_a
        found[own.node] = found[own.node] + slopes if own.node in found else slopes
    trace.values, trace.loss = values[0], total[0]
    if len(model.output_nodes) > 1:
        trace.values = tuple(values)
    if len(model.output_nodes) > 1 or losses[0].weight != 1:
        trace.output_losses = total
        trace.loss = sum(own.weight * part for own, part in zip(losses, total, strict=True))
    trace.data_loss = trace.loss
    for node, t in zip(model.nodes, trace, strict=True):
        t.penalty, t.penalty_count = node.layer.penalty(t), np.size(trace.data_loss)
        if t.penalty is not None:
            trace.loss = trace.loss + t.penalty.astype(losses[0].loss.dtype)
    return on_a, on_z


def _residual(layer: Layer, t: LayerTrace, arriving: list[Array], fused: Any, disturb: Any) -> None:
    """Write upstream and delta."""
    paths = [path.astype(layer.dtype, copy=False) for path in arriving]
    if layer.activity_regularizer is not None:
        paths.append(layer.activity_gradient(t))
    if paths:
        t.upstream = paths[0] if len(paths) == 1 else np.asarray(sum(paths[1:], paths[0]), order="C")
        t.upstream = disturb(t.upstream, t.name, "upstream")
        layer.residual(t)
    if fused is not None:
        t.delta = fused if t.delta is None else t.delta + fused


def passes(model: Network, x: Any, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield comparisons of the model's training pass with `chain`; if right, also of a second pass in its workspace."""
    own = copy.deepcopy(model)  # a mistake could change weights
    expected = chain(copy.deepcopy(model), x, y, weight, reference)
    for t in expected:
        t.cache = {}  # nobody reads it any more, and of attention it is large
    run = own.new_trace(reference.training, wants_dx=False)
    for _ in range(2):
        own.forward_pass(x, run, masks(reference))
        own.loss_pass(y, run, weight)
        own.backward_pass(y, run, weight)
        found = list(_in_order(model, run, expected))
        if any(not np.array_equal(c.found, c.reference, equal_nan=True) for c in found):
            break
    yield from found


def _in_order(model: Network, run: Trace, expected: Trace) -> Iterator[Comparison]:
    """Yield the tensors of two traces in the order of computation; a missing tensor is wrong."""
    pairs = list(zip(run, expected, strict=True))
    last, inner = run.layers[-1].name, [max(node.parents) >= 0 for node in model.nodes]
    for t, own in pairs:
        yield from (_exactly(t.name, name, getattr(t, name), getattr(own, name)) for name in FORWARD)
    several = isinstance(expected.values, tuple)
    for found, values in zip(run.values, expected.values, strict=True) if several else [(run.values, expected.values)]:
        yield _exactly(last, "values", found, values)
    yield _exactly(last, "loss", run.loss, expected.loss)
    for i, (t, own) in reversed(list(enumerate(pairs))):
        for name in BACKWARD:
            if getattr(own, name) is not None:
                yield _exactly(t.name, name, getattr(t, name), getattr(own, name))
        for name, gradient in own.gradients.items():
            yield _exactly(t.name, gradient_name(name), t.gradients.get(name), gradient)
        if inner[i] and isinstance(own.dx, tuple):
            found = t.dx if isinstance(t.dx, tuple) else [None] * len(own.dx)
            for k, (dx, own_dx) in enumerate(zip(found, own.dx, strict=True)):
                if own_dx is not None:
                    yield _exactly(t.name, f"dx[{k}]", dx, own_dx)
        elif inner[i] and own.dx is not None:
            yield _exactly(t.name, "dx", t.dx, own.dx)


def _exactly(layer: str, tensor: str, found: Any, expected: Any) -> Comparison:
    expected = np.asarray(expected)
    found = np.empty(0, expected.dtype) if found is None else np.asarray(found)
    return Comparison(layer, f"{tensor} chained", "step by step", found, expected, exactly(expected.shape))


def steps_taken(model: Network, x: Any, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield comparisons of the weights after two training steps with the optimizer's rule on the chained gradients."""
    assert model.optimizer is not None
    drawn = masks(reference)
    trained = _trained(model, x, y, weight, drawn)
    checker, rule = copy.deepcopy(model), model.optimizer.unbuilt()
    rule.build(checker.trainable_weights)
    alike = None
    for _ in range(STEPS):
        pass_ = chain(checker, x, y, weight, reference, finds_masks=True)
        first = [(node, t) for node, t in zip(checker.nodes, pass_, strict=True) if t.first]
        gradients = [t.gradients[weight.name] for node, t in first for weight in node.layer.trainable_weights]
        # In the order of training's memory, in which the squares of a norm are added.
        gradients = [rule.scale_loss(np.asarray(gradient, order="C")) for gradient in gradients]
        state = OptimizerState([w.value for w in checker.trainable_weights], [v.value for v in rule.variables])
        alike = stepped, rule = step_taken(rule, state, gradients, checker.trainable_weights, np.asarray, alike)
        for variable, new in zip(checker.trainable_weights, stepped, strict=True):
            variable.value = new.value
        checker.update_states(pass_)
        for node, t in zip(checker.nodes, pass_, strict=True):
            if node.layer.running_statistics:
                node.layer.update_running_statistics(t)
                node.layer.assign_statistics(t.new_statistics)
    for found, expected in zip(trained, checker.weights, strict=True):
        layer, _, name = expected.path.rpartition("/")
        yield _exactly(layer.rpartition("/")[2], f"{name} stepped", found, expected.value)


STEPS = 2
"""Training steps that are taken both ways."""


def _trained(model: Network, x: Any, y: Array, weight: Array | None, drawn: Any) -> list[Array]:
    """Return the weights after training steps of a copy, whose slots and workspace are then given back."""
    assert model.optimizer is not None
    runner = copy.deepcopy(model)
    runner.optimizer = model.optimizer.unbuilt()
    for _ in range(STEPS):
        runner.train_step(x, y, weight, drawn)
    trained = [variable.value for variable in runner.weights]
    del runner
    give_back(model)
    return trained


LARGE = 1_000_000
"""Weights from which on memory is given back between the checks; it takes a tenth of a second."""


def give_back(model: Network) -> None:
    """Free the copies of a large model at once: they refer to themselves, and Python would keep them for a while."""
    if model.count_params() > LARGE:
        gc.collect()
