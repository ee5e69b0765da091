"""Gradient checks by complex step and central differences, without TensorFlow.

For analytic functions the complex step gives the derivative to full precision: f(z + ih) = f(z) + ih f'(z) + O(h^2)
with h = 1e-30 has no cancellation. Other functions use central differences, whose error O(h^2) is estimated.
Cotangents (upstream gradients) are random: with ones, the gradient of softmax is 0, and a doubled or negated gradient
would pass.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..rounding import allowance
from ..rounding.bounded import Bounded

Array = np.ndarray[Any, Any]
COMPLEX_STEP = 1e-30


class Oracle(NamedTuple):
    """A hand-derived and a numeric gradient, in float64; `allowed` has their shape."""

    found: Array
    expected: Array
    allowed: Array

    @property
    def ratio(self) -> float:
        """Largest error / allowance."""
        error = np.abs(self.found - self.expected)
        return float(np.max(np.divide(error, self.allowed, out=np.zeros(error.shape), where=error > 0), initial=0.0))


def directional(
    function: Callable[[Array], Any], point: Array, cotangent: Array, analytic: bool = True
) -> tuple[Array, Array]:
    """Return d sum(cotangent * function(point)) / d point, computed element by element, and its error.

    Args:
        function: takes and returns arrays; called with complex128 points if `analytic`, else float64.
        point: float64. cotangent: the shape of the result.
    """
    point = np.asarray(point, "float64")
    gradient, error = np.empty(point.shape), np.empty(point.shape)
    u = allowance.unit_roundoff("float64")
    for index in np.ndindex(point.shape):
        if analytic:
            moved = point.astype("complex128")
            moved[index] += 1j * COMPLEX_STEP
            terms = cotangent * np.imag(function(moved)) / COMPLEX_STEP
            gradient[index] = np.sum(terms)
            error[index] = allowance.gamma(terms.size, u) * np.sum(np.abs(terms))
            continue
        slopes = []
        h = max(abs(point[index]), 1.0) * u ** (1 / 3)  # balances u/h against h^2
        for step in (h, h / 2):
            up, down = point.copy(), point.copy()
            up[index] += step
            down[index] -= step
            slopes.append(np.sum(cotangent * (function(up) - function(down))) / (up[index] - down[index]))
        size = np.sum(np.abs(cotangent) * np.abs(function(point)))
        gradient[index] = (4 * slopes[1] - slopes[0]) / 3  # Richardson: the h^2 terms cancel
        error[index] = abs(slopes[1] - slopes[0]) + 8 * u * (size + abs(gradient[index])) / h
    return gradient, error


def check(
    function: Callable[[Any], Any],
    backward: Callable[[Any], Any],
    point: Array,
    cotangent: Array,
    analytic: bool = True,
) -> Oracle:
    """Compare `backward(point)`, a hand-derived gradient of sum(cotangent * function(point)), with the numeric one.

    The allowance is the sum of the rounding of the hand-written formula (it is also called with `Bounded` arrays), of
    the numeric gradient, whose terms have the same size, and of the error of central differences if they are used.
    """
    expected, error = directional(function, point, cotangent, analytic)
    found, bounded = backward(point), backward(Bounded(point))
    bound = bounded.error if isinstance(bounded, Bounded) else np.zeros(np.shape(found))
    terms = max(1, cotangent.size)
    u = allowance.unit_roundoff("float64")
    scale = allowance.gamma(8 + terms, u) * (np.abs(expected) + np.abs(found) + np.max(np.abs(found), initial=0.0))
    return Oracle(np.asarray(found), expected, allowance.of(bound + scale, "float64") + error)


def activation(entry: Any, z: Array, upstream: Array) -> Oracle:
    """Check an activation's backward against its forward."""

    def backward(point: Any) -> Any:
        return entry.backward(upstream, point, entry.forward(point))

    return check(entry.forward, backward, z, upstream, entry.analytic)


def loss(entry: Any, y_true: Array, y_pred: Array) -> Oracle:
    """Check a loss' derivatives against its values, each value weighted by a random cotangent."""
    cotangent = np.random.default_rng(len(y_pred)).normal(size=entry.value_shape(y_pred.shape))

    def backward(point: Any) -> Any:
        return entry.weighted_derivatives(y_true, point, cotangent)

    return check(lambda point: entry.values(y_true, point), backward, y_pred, cotangent, entry.analytic)


def regularizer(entry: Any, x: Array) -> Oracle:
    """Check a regularizer's gradient against its penalty, times a random number."""
    cotangent = np.random.default_rng(x.size).normal(size=())
    return check(entry, lambda point: entry.gradient(point) * cotangent, x, cotangent, entry.analytic)


def network(
    model: Any,
    x: Array,
    y: Array,
    weight: Array | None = None,
    elements: int = 40,
    seed: int = 0,
    training: bool = False,
) -> dict[str, float]:
    """Check every trained weight's gradient of a float64 model by central differences of its loss.

    Returns:
        {path: largest error / allowance over `elements` randomly chosen entries}.
    """
    rng, kept = np.random.default_rng(seed), model.get_weights()
    trace = model.trace(x, y, weight, training)
    layers = [(node.layer, trace[name]) for node, name in zip(model.nodes, model.node_names, strict=True)]
    gradients = [(variable, t.gradients[variable.name]) for own, t in layers for variable in own.trainable_weights]
    u = allowance.unit_roundoff("float64")
    ratios: dict[str, float] = {}
    for variable, gradient in gradients:
        worst, flat = 0.0, variable.value.reshape(-1)
        for i in rng.permutation(flat.size)[:elements]:
            before, h = flat[i], u ** (1 / 3)
            slopes = []
            for step in (h, h / 2):
                flat[i] = before + step
                up = float(np.sum(model.loss_and_gradients(x, y, weight, training)[0]))
                flat[i] = before - step
                down = float(np.sum(model.loss_and_gradients(x, y, weight, training)[0]))
                slopes.append((up - down) / (2 * step))
                flat[i] = before
            expected = (4 * slopes[1] - slopes[0]) / 3
            noise = 64 * u * (1 + abs(float(np.sum(trace.loss)))) / h
            worst = max(worst, abs(gradient.reshape(-1)[i] - expected) / (abs(slopes[1] - slopes[0]) + noise))
        ratios[variable.path] = worst
    model.set_weights(kept)
    return ratios
