"""RMSNormalization and UnitNormalization: divide x by its root mean square or its length; no mean is subtracted."""

from typing import Any, ClassVar

import numpy as np

from ... import initializers
from ...core.roots import keras_slope
from ...core.trace import LayerTrace
from ...core.variable import Variable
from ..base import Layer, layers
from ..keras_tensor import Shape
from .base import axis_or_axes, finite_number, laid_out, positions, sizes, summed_to


@layers.register()
class RMSNormalization(Layer):
    """z = scale * xhat, xhat = x * r, r = (mean(x^2) + epsilon)^(-1/2). Zhang and Sennrich (2019).

    With g = delta * scale, dx = r * (g - xhat * mean(g * xhat)); dscale = sum of delta * xhat over the axes along which
    scale does not vary. docs/derivations/layer-normalization.md.

    Args:
        axis: one or several, over which the mean is taken. `scale` has their sizes but is broadcast against the *last*
            axes of x, as in Keras. If the sizes do not fit, Keras fails when called, handnn when built.
        epsilon: added to the mean square.

    Raises:
        TypeError: axis is neither an integer nor a list of integers.
        ValueError: epsilon < 0; when built, an axis does not exist or its size does not fit.
    """

    uses_cache = True
    formulas: ClassVar[dict[str, str]] = {
        "z": "scale xhat",
        "dscale": "sum(delta xhat)",
        "dx": "r (g - xhat mean(g xhat))",
    }

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **options: Any) -> None:
        super().__init__(**options)
        self.axis, self.epsilon = axis_or_axes(axis), finite_number(epsilon, "epsilon", least=0)
        self.scale: Variable

    def make_weights(self, path: str) -> None:
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.axes = positions(self.axis, self.input_shape, self.name)
        shape = sizes(self.axis, self.input_shape, self.name)
        self.broadcast_shape = (1,) * (len(self.input_shape) - len(shape)) + shape
        if not fits(self.broadcast_shape, self.input_shape):
            raise ValueError(
                f"axis of {self.name} must have the sizes of the last axes of its input {self.input_shape}, which "
                f"its scale of shape {shape} is multiplied with (as in Keras); received {self.axis}"
            )
        self.weights = []
        self.scale = self.new_weight(path, "scale", shape, initializers.get("ones"))

    def fitted(self, shape: Any) -> Layer:
        """Return the layer with `axis` counted in this shape; the scale meets its last axes, as in Keras."""
        own = laid_out(self, shape)
        if own is not self:
            own.broadcast_shape = (1,) * (len(shape) - self.scale.ndim) + self.scale.shape
            if len(own.broadcast_shape) > len(shape) or not fits(own.broadcast_shape, shape):
                raise ValueError(f"{self.name} has a scale of shape {self.scale.shape}; received {tuple(shape)}")
        return own

    def forward(self, t: LayerTrace) -> None:
        cache = t.cache
        squares = cache["work"] = np.square(t.x, out=cache.get("work"))
        r = np.power(np.mean(squares, axis=self.axes, keepdims=True) + self.epsilon, -0.5)
        xhat = np.multiply(t.x, r, out=cache.get("xhat"))
        cache.update(r=r, xhat=xhat)
        t.z = np.multiply(xhat, self.scale.value, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        # dscale = sum(delta * xhat)      g = delta * scale
        # dx = r * (g - xhat * mean(g * xhat))
        cache, r, xhat = t.cache, t.cache["r"], t.cache["xhat"]
        work = cache["work"] = np.multiply(t.delta, xhat, out=cache.get("work"))
        t.gradients["scale"] = summed_to(work, self.broadcast_shape).reshape(self.scale.shape)
        if t.wants_dx:
            g = dx = np.multiply(t.delta, self.scale.value, out=t.dx)
            mean_g_xhat = np.mean(np.multiply(g, xhat, out=work), axis=self.axes, keepdims=True)
            dx -= np.multiply(xhat, mean_g_xhat, out=work)
            dx *= r
            t.dx = dx

    def keras_backward(self, t: LayerTrace) -> None:
        """dx = r g - x r^3 mean(g x): of long x TensorFlow may flush these products to 0."""
        self.backward(t)
        if t.wants_dx:
            g, r = t.delta * self.scale.value, t.cache["r"]
            along = np.sum(g * t.x, axis=self.axes, keepdims=True)
            t.dx = r * g + keras_slope(along, r) / (t.x.size // r.size) * (2.0 * t.x)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis, "epsilon": self.epsilon}


SHORTEST = 1e-12
"""Smallest length to divide by; fixed in Keras' UnitNormalization."""


@layers.register()
class UnitNormalization(Layer):
    """z = x * r with r = 1 / max(|x|, 1e-12), |x| the Euclidean length along `axis`.

    dx = r * (delta - z * sum(delta * z)) where |x| >= 1e-12: delta without its component along z. For shorter x, and
    for x = 0, r is constant and dx = r * delta. docs/derivations/unit-norm.md.

    Args:
        axis: one or several.

    Raises:
        TypeError: axis is neither an integer nor a list of integers.
    """

    uses_cache = True
    builds, supports_masking = False, True
    formulas: ClassVar[dict[str, str]] = {"z": "x / max(|x|, 1e-12)", "dx": "r (delta - z sum(delta z))"}

    def __init__(self, axis: Any = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis_or_axes(axis)

    def make_weights(self, path: str) -> None:
        self.axes = positions(self.axis, self.input_shape, self.name)

    def fitted(self, shape: Any) -> Layer:
        """Return the layer with `axis` counted in this shape."""
        own: Layer = laid_out(self, shape)
        return own

    @np.errstate(over="ignore")  # beyond 1e19 the squares overflow in float32: z is 0 there, as in Keras
    def forward(self, t: LayerTrace) -> None:
        square = np.sum(np.square(t.x), axis=self.axes, keepdims=True)
        r = np.power(np.maximum(square, SHORTEST**2), -0.5)
        t.cache.update(r=r, long=square >= SHORTEST**2)
        t.z = np.multiply(t.x, r, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        along = np.sum(t.delta * t.z, axis=self.axes, keepdims=True)
        dx = np.multiply(t.z, np.where(t.cache["long"], along, 0), out=t.dx)
        t.dx = np.subtract(t.delta, dx, out=t.dx)
        t.dx *= t.cache["r"]

    def keras_backward(self, t: LayerTrace) -> None:
        """dx = r delta - x r^3 sum(delta x): of short and of long x TensorFlow may flush these products to 0."""
        r = t.cache["r"]
        along = np.sum(t.delta * t.x, axis=self.axes, keepdims=True)
        t.dx = r * t.delta + keras_slope(np.where(t.cache["long"], along, 0), r) * (2.0 * t.x)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


def fits(shape: tuple[int, ...], input_shape: Shape) -> bool:
    """Return whether an array of this shape can be broadcast against the input without enlarging it."""
    return all(size in (1, given) for size, given in zip(shape, input_shape, strict=True))
