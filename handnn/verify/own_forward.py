"""Networks with layers, activations or losses of the user's own, for which TensorFlow has no counterpart.

They are held against themselves, in float64: the gradients of each such part, and the network's gradient by every
weight, against central differences of their own forward pass. What is drawn at random is drawn once.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..activations.custom import FunctionActivation
from ..core.trace import LayerTrace, Trace, gradient_name
from ..core.variable import Array
from ..layers import Lambda
from ..losses.custom import LossFunctionWrapper
from ..models import structures
from ..models.network import Network
from ..models.objectives import each
from ..rounding import allowance
from .comparison import Comparison
from .report import OWN, Report

ELEMENTS = 40
"""Number of randomly chosen elements of a tensor that are moved."""


def is_own(part: Any) -> bool:
    """Return whether an object is of the user's own: of a class outside handnn, or a function."""
    if part is None or isinstance(part, FunctionActivation | Lambda | LossFunctionWrapper):
        return part is not None
    return not type(part).__module__.startswith("handnn.")


def parts(model: Network) -> list[str]:
    """Return what of a compiled model TensorFlow does not have, such as 'scale (Scale)'."""
    layers = [node.layer for node in model.nodes]
    found = [f"{layer.name} ({type(layer).__name__})" for layer in layers if is_own(layer)]
    found += [f"activation {layer.activation.name} of {layer.name}" for layer in layers if is_own(layer.activation)]
    found += [f"loss {own.loss.name}" for own in model.output_losses(training=True) if is_own(own.loss)]
    return list(dict.fromkeys(found))


def report(model: Network, x: Any, y: Any, weight: Any, training: bool, own: list[str]) -> Report:
    """Return the report of a model with these parts; x, y and weight are prepared."""
    made = Report(model.name)
    made.notes.append(
        f"TensorFlow has no counterpart of {', '.join(own)}: verified against its own forward pass, and so are the "
        "gradients of the whole network. handnn.testing.check_layer finds a wrong line."
    )
    double, rng = in_float64(model), np.random.default_rng(0)
    x, y, weight = (structures.mapped(_double, given) for given in (x, y, weight))
    try:
        trace = _pass(double, x, y, weight, training)
        double.backward_pass(y, trace, weight)
        made.add(_parts(double, trace, y, rng), OWN)
        made.add(_whole(double, trace, x, y, weight, rng), OWN)
    except TypeError as error:
        if "has no derivative" not in str(error):
            raise
        made.unjudged.append(str(error))
    return made


def in_float64(model: Network) -> Network:
    """Return a copy of a compiled model that computes in float64."""
    double = copy.deepcopy(model)
    for layer in {id(node.layer): node.layer for node in double.nodes}.values():
        layer.dtype = "float64"
        for variable in layer.weights:
            variable.value = variable.value.astype("float64")
    loss = structures.mapped(lambda own: None if own is None else own.in_dtype("float64"), double.loss)
    double._objectives = loss, double.loss_weights
    double.connect()
    return double


def _double(given: Any) -> Any:
    return given.astype("float64") if getattr(getattr(given, "dtype", None), "kind", "") == "f" else given


def _pass(model: Network, x: Any, y: Any, weight: Any, training: bool, masks: dict[str, Array] | None = None) -> Trace:
    """Return a new trace of the forward pass and the loss."""
    trace = model.new_trace(training, wants_dx=True)
    model.forward_pass(x, trace, masks)
    model.loss_pass(y, trace, weight)
    return trace


def _moved(
    f: Callable[[], Array], at: Array, cotangent: Array, found: Any, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Return elements of a gradient of sum(cotangent * f), the same by differences, and how far they may be apart.

    `at` is moved in place, and put back. Its gradient is `found`.
    """
    value = np.asarray(f())
    u = allowance.unit_roundoff(value.dtype)
    size, flat = float(np.sum(np.abs(cotangent * value))), at.reshape(-1)
    chosen = np.sort(rng.permutation(flat.size)[:ELEMENTS])
    expected, error = np.empty(len(chosen)), np.empty(len(chosen))
    for k, i in enumerate(chosen):
        before, slopes = flat[i], []
        h = max(abs(before), 1.0) * u ** (1 / 3)  # balances u/h against h^2
        for step in (h, h / 2):
            flat[i] = before + step
            up = float(np.sum(cotangent * f()))
            flat[i] = before - step
            slopes.append((up - float(np.sum(cotangent * f()))) / (2 * step))
        flat[i] = before
        expected[k] = (4 * slopes[1] - slopes[0]) / 3  # Richardson: the h^2 terms cancel
        error[k] = abs(slopes[1] - slopes[0]) + 8 * u * (size + abs(expected[k])) / h
    own = np.asarray(found, "float64").reshape(-1)[chosen]
    return own, expected, error


def _row(
    layer: str, tensor: str, formula: str, moved: tuple[Array, Array, Array], shape: tuple[int, ...]
) -> Comparison:
    found, expected, error = moved
    scale = 16 * allowance.unit_roundoff("float64") * (np.abs(expected) + np.max(np.abs(found), initial=0.0))
    return Comparison(
        layer, tensor, f"{formula}, {len(found)} of {int(np.prod(shape))}", found, expected, error + scale
    )


def _parts(model: Network, trace: Trace, y: Any, rng: np.random.Generator) -> Iterator[Comparison]:
    """Yield the gradients of every layer, activation and loss of the user's own, at the network's tensors."""
    for node, t in zip(model.nodes, trace, strict=True):
        if is_own(node.layer):
            yield from _layer(node.layer, t, rng)
        if is_own(node.layer.activation):
            yield _activation(node.layer, t, rng)
    for own, of_y, _ in each(model.output_losses(trace.training), y, None):
        if is_own(own.loss):
            yield _loss(own, trace.layers[own.node], of_y, rng)


def _layer(layer: Any, t: LayerTrace, rng: np.random.Generator) -> Iterator[Comparison]:
    given = tuple(part.copy() for part in t.x) if layer.merges else t.x.copy()

    def forward(wants_dx: bool = False) -> LayerTrace:
        new = LayerTrace(t.name, wants_dx)
        new.x, new.training, new.mask, new.options = given, t.training, t.mask, t.options
        layer.forward(new)
        return new

    run = forward(layer.differentiable)
    run.delta = cotangent = rng.normal(size=np.shape(run.z))
    layer.backward(run)
    for variable in layer.trainable_weights:
        found = run.gradients.get(variable.name)
        if found is None:
            raise TypeError(f"{layer.name} has no derivative by its weight {variable.name}: backward sets no gradient")
        moved = _moved(lambda: forward().z, variable.value, cotangent, found, rng)
        yield _row(t.name, gradient_name(variable.name), "d z / d weight", moved, variable.shape)
    if run.dx is None:
        return
    pairs = zip(given, run.dx, strict=True) if layer.merges else [(given, run.dx)]
    for k, (at, dx) in enumerate(pairs):
        if dx is not None and at.dtype.kind == "f":
            moved = _moved(lambda: forward().z, at, cotangent, dx, rng)
            yield _row(t.name, f"dx[{k}]" if layer.merges else "dx", "d z / d x", moved, at.shape)


def _activation(layer: Any, t: LayerTrace, rng: np.random.Generator) -> Comparison:
    f, z = layer.activation, t.z.copy()
    a = f.forward(z)
    cotangent = rng.normal(size=a.shape)
    found = f.backward(cotangent, z.copy(), a)
    return _row(t.name, "delta", "d a / d z", _moved(lambda: f.forward(z), z, cotangent, found, rng), z.shape)


def _loss(own: Any, t: LayerTrace, y: Any, rng: np.random.Generator) -> Comparison:
    y_pred = (t.z if own.from_logits else t.a).copy()
    cotangent = rng.normal(size=np.shape(own.loss.values(y, y_pred)))
    found = own.loss.weighted_derivatives(y, y_pred.copy(), cotangent)
    moved = _moved(lambda: own.loss.values(y, y_pred), y_pred, cotangent, found, rng)
    return _row(t.name, "upstream", "d loss / d y_pred", moved, y_pred.shape)


def _whole(model: Network, trace: Trace, x: Any, y: Any, weight: Any, rng: np.random.Generator) -> Iterator[Comparison]:
    """Yield the gradient of the loss by every weight."""
    masks = {t.name: t.mask for t in trace if t.mask is not None}

    def loss() -> Any:
        return np.sum(_pass(model, x, y, weight, trace.training, masks).loss)

    for node, t in zip(model.nodes, trace, strict=True):
        for variable in node.layer.trainable_weights if t.first else ():
            moved = _moved(loss, variable.value, np.ones(()), t.gradients[variable.name], rng)
            yield _row(t.name, f"{gradient_name(variable.name)} whole", "d loss / d weight", moved, variable.shape)
