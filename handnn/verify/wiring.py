"""Checks of the wiring between correct steps: a step missing, or applied to the wrong tensor. They need no tolerance.

The tensors of the model's training pass must equal, bit for bit, its steps applied to its own tensors in the right
order; the weights after two of its training steps must equal the optimizer's rule applied twice.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.trace import Trace, gradient_name
from ..core.variable import Array
from ..models.network import Network
from .optimizer_steps import OptimizerState, step_taken
from .steps import Comparison

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
) -> Trace:
    """Run the steps one after the other in new arrays: the two loops of Network, written a second time.

    Args:
        disturb: takes inputs, z, a, values, upstream, delta and dx with the names of layer and tensor; returns what the
            next step reads.
    """
    trace, drawn = model.new_trace(reference.training, wants_dx=True), masks(reference)
    loss, fused, top = model.output_loss(reference.training)
    outputs: dict[int, Array] = {-1 - k: disturb(part) for k, part in enumerate(x if isinstance(x, tuple) else (x,))}
    for i, ((layer, parents), t) in enumerate(zip(model.nodes, trace, strict=True)):
        read = [layer.cast(outputs[parent]) for parent in parents]
        t.x = tuple(read) if layer.merges else read[0]
        layer.randomize(t, drawn.get(layer.name))
        layer.forward(t)
        t.z = disturb(t.z, t.name, "z")
        layer.activate(t)
        outputs[i] = t.a = disturb(t.a, t.name, "a")
    t = trace.layers[top]
    output = (t.z if fused else t.a).astype(loss.dtype, copy=False)
    trace.values = disturb(np.asarray(loss.values(y, output)), t.name, "values")
    trace.loss = trace.data_loss = loss.reduce(trace.values, weight, y)
    for node, t in zip(model.nodes, trace, strict=True):
        t.penalty, t.penalty_count = node.layer.penalty(t), np.size(trace.data_loss)
        if t.penalty is not None:
            trace.loss = trace.loss + t.penalty.astype(loss.dtype)
    arriving: dict[int, list[Array]] = {i: [] for i in outputs}  # dL/da for each path from a
    loss_gradient = loss.gradient_of_reduced(y, output, weight)
    if not fused:
        arriving[top].append(loss_gradient)
    for i in reversed(range(len(model.nodes))):
        (layer, parents), t = model.nodes[i], trace.layers[i]
        paths = [path.astype(layer.dtype, copy=False) for path in arriving[i]]
        if layer.activity_regularizer is not None:
            paths.append(layer.activity_gradient(t))
        if paths:
            t.upstream = paths[0] if len(paths) == 1 else np.ascontiguousarray(sum(paths[1:], paths[0]))
            t.upstream = disturb(t.upstream, t.name, "upstream")
            layer.residual(t)
        if fused and i == top:
            t.delta = loss_gradient if t.delta is None else t.delta + loss_gradient
        if t.delta is None:
            layer.without_gradient(t)
            continue
        t.delta = disturb(t.delta, t.name, "delta")
        layer.backward(t)
        layer.penalize(t)
        for k, parent in reversed(list(enumerate(parents))):
            dx, name = (t.dx[k], f"dx[{k}]") if isinstance(t.dx, tuple) else (t.dx, "dx")
            if dx is not None:  # found from the last consumer to the first, added from first to last
                arriving[parent].insert(0, disturb(dx, t.name, name))
    return trace


def passes(model: Network, x: Any, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield comparisons of the model's training pass with `chain`; if right, also of a second pass in its workspace."""
    own = copy.deepcopy(model)  # a mistake could change weights
    expected = chain(copy.deepcopy(model), x, y, weight, reference)
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
    yield _exactly(last, "values", run.values, expected.values)
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
    return Comparison(layer, f"{tensor} chained", "step by step", found, expected, np.zeros(expected.shape))


def steps_taken(model: Network, x: Any, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield comparisons of the weights after two training steps with the optimizer's rule on the chained gradients."""
    assert model.optimizer is not None
    runner, checker = copy.deepcopy(model), copy.deepcopy(model)
    runner.optimizer, rule = model.optimizer.unbuilt(), model.optimizer.unbuilt()
    rule.build(checker.trainable_weights)
    for _ in range(2):
        runner.train_step(x, y, weight, masks(reference))
        pass_ = chain(checker, x, y, weight, reference)
        trained = zip(checker.nodes, pass_, strict=True)
        gradients = [t.gradients[weight.name] for node, t in trained for weight in node.layer.trainable_weights]
        gradients = [rule.scale_loss(gradient) for gradient in gradients]
        state = OptimizerState([w.value for w in checker.trainable_weights], [v.value for v in rule.variables])
        stepped, rule = step_taken(rule, state, gradients, checker.trainable_weights)
        for variable, new in zip(checker.trainable_weights, stepped, strict=True):
            variable.value = new.value
        for node, t in zip(checker.nodes, pass_, strict=True):
            if node.layer.running_statistics:
                node.layer.update_running_statistics(t)
                node.layer.assign_statistics(t.new_statistics)
    for found, expected in zip(runner.weights, checker.weights, strict=True):
        layer, _, name = expected.path.rpartition("/")
        yield _exactly(layer.rpartition("/")[2], f"{name} stepped", found.value, expected.value)
