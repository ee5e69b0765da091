"""The base class of batch, layer and group normalization: the formula, its derivative, gamma and beta.

The layers differ in the axes over which mean and variance are taken, and along which gamma and beta vary.
"""

import copy
import math
from typing import Any, ClassVar

import numpy as np

from ... import constraints, initializers, regularizers
from ...core.roots import keras_slope
from ...core.trace import LayerTrace
from ...core.variable import Variable
from ..base import Layer
from ..keras_tensor import Shape


class Standardizing(Layer):
    """z = gamma * xhat + beta, with xhat = (x - mean) * r and r = (variance + epsilon)^(-1/2).

    With g = delta * gamma = dL/dxhat, and means over the axes of `mean` and `variance`,

        dgamma = sum of delta * xhat, dbeta = sum of delta, over the axes along which gamma and beta do not vary,
        dx = r * (g - mean(g) - xhat * mean(g * xhat)).

    The second term of dx is the path through the mean, the third the path through the variance. The variance divides
    by n. Derivations: docs/derivations/batch-normalization.md, layer-normalization.md, group-normalization.md.

    Departure: TensorFlow computes z = x * s + (beta - mean * s) with s = r * gamma, which loses the digits that x and
    its mean have in common. `keras_forward` and `keras_backward` bound that loss; they run on `Bounded` arrays only.

    Attributes:
        axes: over which mean and variance are taken, in the shape that `grouped` returns.
        broadcast_shape: shape of gamma and beta for broadcasting against that input.
    """

    uses_cache, supports_masking = True, True
    formulas: ClassVar[dict[str, str]] = {
        "z": "gamma xhat + beta",
        "dgamma": "sum(delta xhat)",
        "dbeta": "sum(delta)",
        "dx": "r (g - mean(g) - xhat mean(g xhat))",
    }

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        initializer: tuple[Any, Any],
        regularizer: tuple[Any, Any],
        constraint: tuple[Any, Any],
        **options: Any,
    ) -> None:
        """Read the common arguments; the pairs are (for beta, for gamma)."""
        super().__init__(**options)
        self.epsilon = finite_number(epsilon, "epsilon", least=0)
        self.center, self.scale = center, scale
        self.beta_initializer, self.gamma_initializer = map(initializers.get, initializer)
        self.beta_regularizer, self.gamma_regularizer = map(regularizers.get, regularizer)
        self.beta_constraint, self.gamma_constraint = map(constraints.get, constraint)
        self.gamma: Variable | None = None
        self.beta: Variable | None = None
        self.axes: tuple[int, ...]
        self.broadcast_shape: tuple[int, ...]

    @property
    def has_scale_and_offset(self) -> tuple[bool, bool]:
        """Whether there is a gamma, and a beta."""
        return self.scale, self.center

    def make_scale_and_offset(self, path: str, shape: tuple[int, ...]) -> None:
        self.weights = []
        scale, center = self.has_scale_and_offset
        if scale:
            rules = self.gamma_initializer, self.gamma_regularizer, self.gamma_constraint
            self.gamma = self.new_weight(path, "gamma", shape, *rules)
        if center:
            rules = self.beta_initializer, self.beta_regularizer, self.beta_constraint
            self.beta = self.new_weight(path, "beta", shape, *rules)

    def grouped(self, x: Any) -> Any:
        """Return x or delta in the shape in which it is normalized."""
        return x

    def follows(self, t: LayerTrace) -> bool:
        """Return whether mean and variance are computed from t.x, so that dx goes through them."""
        return True

    def stack(self, layers: list[Layer]) -> None:
        self.axes = tuple(axis + 1 for axis in self.axes)
        self.broadcast_shape = (len(layers), *self.broadcast_shape)

    def moments(self, t: LayerTrace, x: Any) -> tuple[Any, Any]:
        """Return mean and variance, with reduced axes kept as size 1."""
        mean = np.mean(x, axis=self.axes, keepdims=True)
        return mean, np.var(x, axis=self.axes, keepdims=True, mean=mean)

    def scale_and_offset(self, t: LayerTrace) -> tuple[Any, Any]:
        """Return what xhat is multiplied by and what is added: gamma and beta, 1 and 0 if the layer has none."""
        gamma, beta = (
            None if weight is None else weight.value.reshape(self.broadcast_shape) for weight in (self.gamma, self.beta)
        )
        return (1.0 if gamma is None else gamma), (0.0 if beta is None else beta)

    def forward(self, t: LayerTrace) -> None:
        cache, x = t.cache, self.grouped(t.x)
        mean, variance = self.moments(t, x)
        r = np.power(variance + self.epsilon, -0.5)
        xhat = np.subtract(x, mean, out=cache.get("xhat"))
        xhat *= r
        cache.update(mean=mean, variance=variance, r=r, xhat=xhat)
        gamma, beta = self.scale_and_offset(t)
        z = np.multiply(xhat, gamma, out=cache.get("z"))
        z += beta
        cache["z"] = z
        t.z = z.reshape(t.x.shape)

    def backward(self, t: LayerTrace) -> None:
        # dgamma = sum(delta * xhat)      dbeta = sum(delta)      g = delta * gamma
        # dx = r * (g - mean(g) - xhat * mean(g * xhat)); dx = r * g if mean and variance are constants
        cache, delta = t.cache, self.grouped(t.delta)
        r, xhat = cache["r"], cache["xhat"]
        work = cache["work"] = np.multiply(delta, xhat, out=cache.get("work"))
        self.write_gradients(t, work, delta)
        if not t.wants_dx:
            return
        gamma, _ = self.scale_and_offset(t)
        dx = cache["dx"] = np.multiply(delta, gamma, out=cache.get("dx"))  # g
        if self.follows(t):
            self.subtract_moments(t, dx, work)
        dx *= r
        t.dx = dx.reshape(t.x.shape)

    def subtract_moments(self, t: LayerTrace, g: Any, work: Any) -> None:
        """Subtract mean(g) + xhat mean(g xhat) from g: the paths through mean and variance."""
        xhat = t.cache["xhat"]
        mean_g = np.mean(g, axis=self.axes, keepdims=True)
        mean_g_xhat = np.mean(np.multiply(g, xhat, out=work), axis=self.axes, keepdims=True)
        g -= mean_g
        g -= np.multiply(xhat, mean_g_xhat, out=work)

    def weights_of_means(self, t: LayerTrace, x: Any, mean: Any) -> tuple[Any, Any]:
        """Return the weight of each element in mean and variance, and the number that they are divided by."""
        return 1, x.size // mean.size

    def write_gradients(self, t: LayerTrace, by_gamma: Any, by_beta: Any) -> None:
        """Write dgamma and dbeta: their terms summed over the axes along which gamma and beta are broadcast."""
        for weight, terms in ((self.gamma, by_gamma), (self.beta, by_beta)):
            if weight is not None:
                t.gradients[weight.name] = summed_to(terms, self.broadcast_shape).reshape(weight.shape)

    def keras_forward(self, t: LayerTrace) -> None:
        """Write z with the extra rounding error of TensorFlow's order: x * s + (beta - mean * s), s = r * gamma.

        mean and s carry the same errors in both places, so they count as exact in this extra error.
        """
        self.forward(t)
        x, kind = self.grouped(t.x), type(t.x)
        gamma, beta = self.scale_and_offset(t)
        mean, s = kind(t.cache["mean"].value), kind((t.cache["r"] * gamma).value)
        loss = (x * s + (beta - mean * s)) - ((x - mean) * s + beta)
        t.z = t.z + loss.reshape(t.x.shape)

    def keras_backward(self, t: LayerTrace) -> None:
        """Apply the chain rule to that order step by step, as `tf.GradientTape` does."""
        x, delta, mean, r = self.grouped(t.x), self.grouped(t.delta), t.cache["mean"], t.cache["r"]
        gamma, _ = self.scale_and_offset(t)
        s = r * gamma
        sum_delta = summed_to(delta, s.shape)
        ds = summed_to(delta * x, s.shape) - mean * sum_delta
        self.write_gradients(t, ds * r, delta)
        dx = delta * s
        if self.follows(t):
            w, n = self.weights_of_means(t, x, mean)
            dmean = summed_to(sum_delta * s, mean.shape)
            dvariance = keras_slope(summed_to(ds * gamma, r.shape), r)
            dx = dx - dmean / n * w + dvariance / n * w * 2.0 * (x - mean)
        t.dx = dx.reshape(t.x.shape)

    def scale_and_offset_config(self) -> dict[str, Any]:
        return {
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


def summed_to(terms: Any, shape: tuple[int, ...]) -> Any:
    """Sum the terms over every axis that has size 1 in `shape`: the derivative of broadcasting."""
    return np.sum(terms, axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)


def finite_number(value: Any, argument: str, least: float = -math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not least <= value < math.inf:
        wanted = "a finite number" + (f" >= {least}" if least > -math.inf else "")
        raise ValueError(f"{argument} must be {wanted}; received {value!r}")
    return value if isinstance(value, int | float) else value.item()


def one_axis(axis: Any) -> int:
    """Return the axis as an int; raise TypeError if it is not an integer."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise TypeError(f"axis must be an integer; received {axis!r}")
    return int(axis)


def axis_or_axes(axis: Any) -> int | list[int]:
    """Return an int, or a list of ints for several axes; raise TypeError otherwise."""
    if isinstance(axis, list | tuple) and not any(isinstance(a, bool) for a in axis):
        if all(isinstance(a, int | np.integer) for a in axis):
            return [int(a) for a in axis]
    elif isinstance(axis, int | np.integer) and not isinstance(axis, bool):
        return int(axis)
    raise TypeError(f"axis must be an integer or a list of integers; received {axis!r}")


def positions(axis: int | list[int], input_shape: Shape, name: str) -> tuple[int, ...]:
    """Return the axes as non-negative indices. Raise ValueError if one does not exist or occurs twice."""
    axes, rank = [axis] if isinstance(axis, int) else axis, len(input_shape)
    found = tuple(a + rank if a < 0 else a for a in axes)
    if any(a not in range(rank) for a in found) or len(set(found)) < len(found):
        raise ValueError(f"axis of {name} must hold different axes of its input {input_shape}; received {axis!r}")
    return found


def sizes(axis: int | list[int], input_shape: Shape, name: str) -> tuple[int, ...]:
    """Return the sizes of the axes, in the order given; raise ValueError if one is unknown."""
    found = [input_shape[a] for a in positions(axis, input_shape, name)]
    known = tuple(size for size in found if size is not None)
    if len(known) < len(found):
        raise ValueError(f"{name} needs known sizes along axis {axis!r}; its input shape is {input_shape}")
    return known


def broadcast_shape(axes: tuple[int, ...], input_shape: Shape) -> tuple[int, ...]:
    """Return the input's shape with size 1 along all other axes."""
    return tuple((size or 1) if i in axes else 1 for i, size in enumerate(input_shape))


def others(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return all axes but these."""
    return tuple(i for i in range(rank) if i not in axes)


def laid_out(layer: Any, shape: Shape) -> Any:
    """Return the layer, or for inputs of another rank than it was built for a copy with its axes counted in theirs."""
    if len(shape) == len(layer.input_shape):
        return layer
    own = copy.copy(layer)
    own.input_shape, own.axes = (None, *shape[1:]), positions(layer.axis, shape, layer.name)
    return own
