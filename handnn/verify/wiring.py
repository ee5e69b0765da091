"""Mistakes between correct steps: a step left out, or given the wrong tensor. No tolerance is needed for them.

The tensors of the model's own training pass must be, bit for bit, its steps applied to its own tensors in the right
order; and the weights after two of its training steps must be the optimizer's rule applied twice.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..sequential import Sequential
from ..trace import GRADIENT_NAMES, Trace
from ..variable import Array
from .optimizer_steps import OptimizerState, step_taken
from .steps import Comparison

FORWARD, BACKWARD = ("z", "a"), ("upstream", "delta")


def masks(reference: Trace) -> dict[str, Array]:
    """Return what the reference drew at random, by layer."""
    return {t.name: t.mask for t in reference if t.mask is not None}


def chain(
    model: Sequential,
    x: Array,
    y: Array,
    weight: Array | None,
    reference: Trace,
    disturb: Any = lambda array: array,
) -> Trace:
    """Run the steps one after the other in fresh arrays: the two loops of Sequential, written a second time."""
    trace, drawn = model._new_trace(reference.training, wants_dx=True), masks(reference)
    loss, fused, top = model.head(reference.training)
    a = disturb(x)
    for layer, t in zip(model.layers, trace, strict=True):
        t.x = a.astype(layer.dtype, copy=False)
        layer.randomize(t, drawn.get(layer.name))
        layer.forward(t)
        layer.activate(t)
        a = t.a = disturb(t.a)
    t = trace.layers[top]
    output = (t.z if fused else t.a).astype(loss.dtype, copy=False)
    trace.values = loss.values(y, output)
    trace.loss = loss.reduce(trace.values, weight)
    upstream = loss.scaled_slopes(y, output, weight)
    for layer, t in zip(reversed(model.layers[: top + 1]), reversed(trace.layers[: top + 1]), strict=True):
        if t is trace.layers[top] and fused:
            t.delta = upstream
        else:
            t.upstream = upstream.astype(layer.dtype, copy=False)
            layer.residual(t)
        layer.backward(t)
        upstream = t.dx
    return trace


def passes(model: Sequential, x: Array, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield the model's training pass against `chain`; if it is right, that of a second pass in the same memory."""
    own = copy.deepcopy(model)  # a mistake may change weights
    expected = chain(copy.deepcopy(model), x, y, weight, reference)
    run = own._new_trace(reference.training, wants_dx=False)
    for _ in range(2):
        own.forward_pass(x, run, masks(reference))
        own.loss_pass(y, run, weight)
        own.backward_pass(y, run, weight)
        found = list(_in_order(run, expected))
        if any(not np.array_equal(c.found, c.reference, equal_nan=True) for c in found):
            break
    yield from found


def _in_order(run: Trace, expected: Trace) -> Iterator[Comparison]:
    """Yield the tensors of two traces in the order in which they are computed; one that is missing is wrong."""
    pairs = list(zip(run, expected, strict=True))
    last = run.layers[-1].name
    for t, own in pairs:
        yield from (_exactly(t.name, name, getattr(t, name), getattr(own, name)) for name in FORWARD)
    yield _exactly(last, "values", run.values, expected.values)
    yield _exactly(last, "loss", run.loss, expected.loss)
    for i, (t, own) in reversed(list(enumerate(pairs))):
        for name in BACKWARD:
            if getattr(own, name) is not None:
                yield _exactly(t.name, name, getattr(t, name), getattr(own, name))
        for name, gradient in own.gradients.items():
            yield _exactly(t.name, GRADIENT_NAMES.get(name, f"d{name}"), t.gradients.get(name), gradient)
        if i > 0 and own.dx is not None:
            yield _exactly(t.name, "dx", t.dx, own.dx)


def _exactly(layer: str, tensor: str, found: Any, expected: Any) -> Comparison:
    expected = np.asarray(expected)
    found = np.empty(0, expected.dtype) if found is None else np.asarray(found)
    return Comparison(layer, f"{tensor} chained", "step by step", found, expected, np.zeros(expected.shape))


def steps_taken(model: Sequential, x: Array, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield the weights after two training steps against the optimizer's rule applied to the chained gradients."""
    assert model.optimizer is not None
    runner, checker = copy.deepcopy(model), copy.deepcopy(model)
    runner.optimizer, rule = model.optimizer.unbuilt(), model.optimizer.unbuilt()
    rule.build(checker.trainable_weights)
    for _ in range(2):
        runner.train_step(x, y, weight, masks(reference))
        pass_ = chain(checker, x, y, weight, reference)
        gradients = [
            rule.scale_loss(gradient)
            for layer, t in zip(checker.layers, pass_, strict=True)
            if layer.trainable
            for gradient in t.gradients.values()
        ]
        state = OptimizerState([w.value for w in checker.trainable_weights], [v.value for v in rule.variables])
        stepped, rule = step_taken(rule, state, gradients, checker.trainable_weights)
        for variable, new in zip(checker.trainable_weights, stepped, strict=True):
            variable.value = new.value
    for found, expected in zip(runner.trainable_weights, checker.trainable_weights, strict=True):
        layer, _, name = expected.path.rpartition("/")
        yield _exactly(layer.rpartition("/")[2], f"{name} stepped", found.value, expected.value)
