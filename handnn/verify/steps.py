"""The splice: every hand-written step run on TensorFlow's own tensors, one at a time.

A network is a list of steps (z, a, upstream, delta, dW, db, dx, loss). Each takes its inputs from the reference
trace, so that only its own rounding remains and a failure names its own layer, tensor and formula. Each step is run
twice: on plain arrays, the code that trains, for its result; on `Bounded` arrays, for its allowance.
"""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..layers import Layer
from ..sequential import Sequential
from ..trace import GRADIENT_NAMES, LayerTrace, Trace
from ..variable import Array
from . import allowance
from .rounding import Bounded

FORMULAS = {
    "z": "x @ W + b",
    "a": "f(z)",
    "upstream": "dL/da",
    "delta": "upstream * f'(z)",
    "dW": "x.T @ delta",
    "db": "delta.sum(axis=0)",
    "dx": "delta @ W.T",
    "values": "loss of each sample",
    "loss": "reduced loss",
}


class Comparison(NamedTuple):
    """One tensor, computed by both sides from the same inputs. `allowed` has its shape."""

    layer: str
    tensor: str
    formula: str
    found: Array
    reference: Array
    allowed: Array


def compare(layer: str, tensor: str, formula: str, found: Any, reference: Any, bounded: Any) -> Comparison:
    """Return the comparison of a result with the reference, the allowance from the bound on the result."""
    found = np.asarray(found)
    if reference is None:  # TensorFlow finds no path from the loss to this tensor: the derivative is 0
        reference = np.zeros(found.shape, found.dtype)
    reference = np.asarray(reference)
    fits = isinstance(bounded, Bounded) and bounded.shape == reference.shape  # else the row says what does not
    allowed = allowance.of(bounded.error if fits else np.zeros(reference.shape), reference.dtype)
    return Comparison(layer, tensor, formula, found, reference, allowed)


def network(model: Sequential, reference: Trace, y: Array, weight: Array | None) -> Iterator[Comparison]:
    """Yield every step of a forward and backward pass. The model's weights must be the reference's."""
    pairs = list(zip(model.layers, reference, strict=True))
    for layer, t in pairs:
        yield from _forward(layer, t)
    _, fused, top = model.head(reference.training)
    yield from _loss(model, pairs[top][1], reference, y, weight)
    for layer, t in reversed(pairs[: top + 1]):
        if not (layer is model.layers[top] and fused):
            yield from _residual(layer, t)
        yield from _backward(layer, t)


def _spliced(t: LayerTrace, kind: Any, *names: str) -> LayerTrace:
    """Return a record with copies of the reference's tensors as inputs, as plain or `Bounded` arrays."""
    own = LayerTrace(t.name)
    own.mask, own.training = t.mask, t.training
    for name in names:
        setattr(own, name, kind(np.array(getattr(t, name))))
    return own


def _both(layer: Layer, t: LayerTrace, method: str, *names: str) -> tuple[LayerTrace, LayerTrace, list[Comparison]]:
    """Run one method of the layer on the reference's tensors, plain and bounded; say which inputs it overwrote."""
    plain, bounded = _spliced(t, np.asarray, *names), _spliced(t, Bounded, *names)
    given = {name: getattr(plain, name) for name in names}
    getattr(layer, method)(plain)
    getattr(layer, method)(bounded)
    return plain, bounded, [c for name in names for c in _overwritten(t.name, name, given[name], getattr(t, name))]


def _overwritten(layer: str, tensor: str, found: Array, before: Array) -> Iterator[Comparison]:
    """Yield an input that is not what it was."""
    if not np.array_equal(found, before, equal_nan=True):
        yield Comparison(layer, f"{tensor} kept", "an input, unchanged", found, before, np.zeros(before.shape))


def _forward(layer: Layer, t: LayerTrace) -> Iterator[Comparison]:
    if t.mask is not None and t.mask.any():  # a mask that kept nothing does not show the scale
        yield from _mask(layer, t)
    plain, bounded, overwritten = _both(layer, t, "forward", "x")
    yield from overwritten
    if not _passed_on(plain.z, plain.x, t.z, t.x):
        yield compare(layer.name, "z", layer.formulas.get("z", FORMULAS["z"]), plain.z, t.z, bounded.z)
    plain, bounded, overwritten = _both(layer, t, "activate", "z")
    yield from overwritten
    if not _passed_on(plain.a, plain.z, t.a, t.z):
        a = Bounded(bounded.a.value, allowance.of_function(layer.activation.name, plain.a, bounded.a.error))
        yield compare(layer.name, "a", f"{layer.activation.name}(z)", plain.a, t.a, a)


def _mask(layer: Any, t: LayerTrace) -> Iterator[Comparison]:
    """Yield a mask of the layer's own drawing: every element is 0 or the value that Keras' mask has."""
    own = copy.deepcopy(layer).draw(t.x.shape)
    expected = (own != 0) * np.max(t.mask)
    allowed = allowance.of(allowance.unit_roundoff(own.dtype) * np.abs(expected), own.dtype)
    yield Comparison(t.name, "mask", "0 or 1/(1 - rate)", own, expected.astype(own.dtype), allowed)


def _residual(layer: Layer, t: LayerTrace) -> Iterator[Comparison]:
    plain, bounded, overwritten = _both(layer, t, "residual", "upstream", "z", "a")
    yield from overwritten
    if not _passed_on(plain.delta, plain.upstream, t.delta, t.upstream):
        yield compare(layer.name, "delta", FORMULAS["delta"], plain.delta, t.delta, bounded.delta)


def _backward(layer: Layer, t: LayerTrace) -> Iterator[Comparison]:
    plain, bounded, overwritten = _both(layer, t, "backward", "x", "delta")
    yield from overwritten
    for name, reference in t.gradients.items():  # of a frozen layer there are none
        tensor = GRADIENT_NAMES.get(name, f"d{name}")
        gradient, bound = plain.gradients.get(name), bounded.gradients.get(name)
        yield compare(
            layer.name, tensor, layer.formulas.get(tensor, FORMULAS.get(tensor, "")), gradient, reference, bound
        )
    if not _passed_on(plain.dx, plain.delta, t.dx, t.delta):
        yield compare(layer.name, "dx", layer.formulas.get("dx", FORMULAS["dx"]), plain.dx, t.dx, bounded.dx)


def _passed_on(found: Array, given: Array, reference: Array, reference_given: Array) -> bool:
    """Return whether a step has nothing to do, on both sides: the hand-written one hands on its very argument."""
    return found is given and np.array_equal(reference, reference_given)


def _loss(model: Sequential, t: LayerTrace, reference: Trace, y: Array, weight: Array | None) -> Iterator[Comparison]:
    """Yield the values, the loss, and its gradient: delta behind a fused loss, else upstream = dL/da."""
    loss: Any
    loss, fused, top = model.head(reference.training)  # Any, because it takes `Bounded` arrays too
    dtype = model.layers[top].dtype
    output = (t.z if fused else t.a).astype(loss.dtype)
    labels = y if y.dtype.kind == "i" else Bounded(y)  # label smoothing rounds them
    weights = None if weight is None else Bounded(weight)  # 'mean_with_sample_weight' adds them up
    found, bound = loss.values(y, output), loss.values(labels, Bounded(output))
    yield compare(t.name, "values", FORMULAS["values"], found, reference.values, bound)
    found, bound = loss.reduce(reference.values, weight), loss.reduce(Bounded(reference.values), weights)
    yield compare(t.name, "loss", FORMULAS["loss"], found, reference.loss, bound)
    given = output.copy()
    found, bound = loss.scaled_slopes(y, given, weight), loss.scaled_slopes(labels, Bounded(output), weights)
    yield from _overwritten(t.name, "z" if fused else "a", given, output)
    # One rounding more: Keras multiplies by the rounded 1/n where handnn divides by n, and a loss may be cast.
    u = max(allowance.unit_roundoff(loss.dtype), allowance.unit_roundoff(dtype))
    bound = Bounded(np.asarray(found), getattr(bound, "error", 0.0) + u * np.abs(found))
    tensor, formula = ("delta", "dL/dz, fused") if fused else ("upstream", FORMULAS["upstream"])
    yield compare(t.name, tensor, formula, found.astype(dtype), getattr(t, tensor), bound)
