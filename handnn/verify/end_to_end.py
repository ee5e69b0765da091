"""Mistakes between correct steps: a step left out, or given the wrong tensor.

`wiring` needs no tolerance: the tensors of the model's own run must be, bit for bit, its steps applied to its own
tensors in the right order. `whole` compares the result of the run with TensorFlow's. Rounding that is amplified on
the way up and down has no useful bound, so the amplification is measured: the run is repeated in float64 with every
input, weight and activation disturbed by a random relative sqrt(u), half the digits there are. What such a
disturbance explains is rounding; a wiring mistake is of the size of the tensors themselves.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..sequential import Sequential
from ..trace import GRADIENT_NAMES, Trace
from ..variable import Array
from . import allowance
from .steps import Comparison

DRAWS = 6


def masks(reference: Trace) -> dict[str, Array]:
    """Return what the reference drew at random, by layer."""
    return {t.name: t.mask for t in reference if t.mask is not None}


def wiring(model: Sequential, x: Array, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield the model's training pass against its own steps chained by hand; the allowance is zero."""
    run = model.record(len(x), training=reference.training)
    model.forward_pass(x, run, masks(reference))
    model.loss_pass(y, run, weight)
    model.backward_pass(y, run, weight)
    chain = _chain(model, x, y, weight, reference)
    for t, own in zip(run, chain, strict=True):
        for name, found in t.tensors():
            expected = dict(own.tensors())[name]
            yield Comparison(t.name, f"{name} chained", "step by step", found, expected, np.zeros(expected.shape))


def _chain(
    model: Sequential,
    x: Array,
    y: Array,
    weight: Array | None,
    reference: Trace,
    disturb: Any = lambda array: array,
) -> Trace:
    """Run the steps one after the other in fresh arrays: the two loops of Sequential, written a second time."""
    trace, drawn = model._new_trace(reference.training, wants_dx=True), masks(reference)
    loss, a = model.head_loss, x
    for layer, t in zip(model.layers, trace, strict=True):
        t.x = disturb(a.astype(layer.dtype, copy=False))
        layer.randomize(t, drawn.get(layer.name))
        layer.forward(t)
        layer.activate(t)
        a = t.a
    t = trace.layers[-1]
    output = (t.z if model.fused else t.a).astype(loss.dtype, copy=False)
    trace.values = loss.values(y, output)
    trace.loss = loss.reduce(trace.values, weight)
    upstream = loss.scaled_slopes(y, output, weight)
    for layer, t in zip(reversed(model.layers), reversed(trace.layers), strict=True):
        if t is trace.layers[-1] and model.fused:
            t.delta = upstream
        else:
            t.upstream = upstream.astype(layer.dtype, copy=False)
            layer.residual(t)
        layer.backward(t)
        upstream = t.dx
    return trace


def whole(model: Sequential, x: Array, y: Array, weight: Array | None, reference: Trace) -> Iterator[Comparison]:
    """Yield loss, output and gradients of the whole run against TensorFlow's."""
    found = _results(_chain(model, x, y, weight, reference))
    dtype = np.result_type(*[layer.dtype for layer in model.layers])
    disturbance, rng = float(np.sqrt(allowance.unit_roundoff(dtype))), np.random.default_rng(0)
    double = in_float64(model)
    x64, y64 = x.astype("float64"), y if y.dtype.kind == "i" else y.astype("float64")
    w64 = None if weight is None else weight.astype("float64")

    def disturb(array: Array) -> Array:
        return array * (1 + disturbance * rng.uniform(-1, 1, array.shape))

    exact = _results(_chain(double, x64, y64, w64, reference))
    spread = {where: np.zeros(np.shape(value)) for where, value in exact.items()}
    kept = double.get_weights()
    for _ in range(DRAWS):
        double.set_weights([disturb(w) for w in kept])
        for where, value in _results(_chain(double, x64, y64, w64, reference, disturb)).items():
            spread[where] = np.maximum(spread[where], np.abs(value - exact[where]))
    for (layer, tensor), value in _results(reference).items():
        largest = spread[layer, tensor].max(initial=0.0) + disturbance * np.abs(exact[layer, tensor]).max(initial=0.0)
        allowed = np.full(np.shape(value), allowance.of(largest, np.asarray(value).dtype))
        yield Comparison(
            layer, f"{tensor} whole", "end to end", np.asarray(found[layer, tensor]), np.asarray(value), allowed
        )


def _results(trace: Trace) -> dict[tuple[str, str], Any]:
    last = trace.layers[-1]
    found: dict[tuple[str, str], Any] = {(last.name, "loss"): trace.loss, (last.name, "a"): last.a}
    for t in trace:
        found |= {(t.name, GRADIENT_NAMES.get(name, f"d{name}")): value for name, value in t.gradients.items()}
    return found


def in_float64(model: Sequential) -> Sequential:
    """Return a copy of a compiled model that computes in float64."""
    config = _replace_dtype(model.get_config())
    double = Sequential.from_config(config)
    assert model.loss is not None
    loss = type(model.loss)(**(model.loss.get_config() | {"dtype": "float64"}))
    double.compile("sgd", loss)
    double.set_weights([w.astype("float64") for w in model.get_weights()])
    return double


def _replace_dtype(config: Any) -> Any:
    if isinstance(config, dict):
        return {
            key: "float64" if value in ("float32", "float64") else _replace_dtype(value)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_replace_dtype(value) for value in config]
    return config
