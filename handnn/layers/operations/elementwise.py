"""Functions of each element, and sums, means and extrema along axes of a sample."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..keras_tensor import Shape
from .base import Operation, axes_of_a_sample


class Negative(Operation):
    """z = -x, dx = -delta."""

    keras_name = "Negative"
    formulas: ClassVar[dict[str, str]] = {"z": "-x", "dx": "-delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.negative(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.negative(t.delta, out=t.dx)


class Absolute(Operation):
    """z = |x|, dx = delta sign(x): 0 at 0."""

    keras_name = "Absolute"
    formulas: ClassVar[dict[str, str]] = {"z": "|x|", "dx": "delta * sign(x)"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.absolute(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta * np.sign(t.x)


class Square(Operation):
    """z = x^2, dx = delta 2 x."""

    keras_name = "Square"
    formulas: ClassVar[dict[str, str]] = {"z": "x^2", "dx": "delta * (2 * x)"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.square(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta * (2 * t.x)


class Sqrt(Operation):
    """z = sqrt(x), dx = delta / (2 z)."""

    keras_name, uses_cache = "Sqrt", True  # its dx needs z
    formulas: ClassVar[dict[str, str]] = {"z": "sqrt(x)", "dx": "delta * 0.5 / z"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.sqrt(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta * 0.5 / t.z


class Exp(Operation):
    """z = e^x, dx = delta z."""

    keras_name, uses_cache = "Exp", True  # its dx needs z
    formulas: ClassVar[dict[str, str]] = {"z": "e^x", "dx": "delta * z"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.exp(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.multiply(t.delta, t.z, out=t.dx)


class Log(Operation):
    """z = log x, dx = delta / x."""

    keras_name = "Log"
    formulas: ClassVar[dict[str, str]] = {"z": "log x", "dx": "delta * (1 / x)"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.log(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta * np.reciprocal(t.x)


class Sin(Operation):
    """z = sin x, dx = delta cos x."""

    keras_name = "Sin"
    formulas: ClassVar[dict[str, str]] = {"z": "sin x", "dx": "delta * cos x"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.sin(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta * np.cos(t.x)


class Cos(Operation):
    """z = cos x, dx = -delta sin x."""

    keras_name = "Cos"
    formulas: ClassVar[dict[str, str]] = {"z": "cos x", "dx": "-delta * sin x"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.cos(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.negative(t.delta) * np.sin(t.x)


class Clip(Operation):
    """z = x within x_min and x_max, dx = delta where x lies there (the ends too), 0 elsewhere."""

    keras_name, settings = "Clip", ("x_min", "x_max")
    formulas: ClassVar[dict[str, str]] = {"z": "min(max(x, x_min), x_max)", "dx": "delta where x is in between, or 0"}
    x_min: float
    x_max: float

    def forward(self, t: LayerTrace) -> None:
        t.z = np.clip(t.x, t.x.dtype.type(self.x_min), t.x.dtype.type(self.x_max))

    def backward(self, t: LayerTrace) -> None:
        zero = t.delta.dtype.type(0)
        above = np.where(t.x >= t.x.dtype.type(self.x_min), t.delta, zero)
        t.dx = np.where(t.x <= t.x.dtype.type(self.x_max), above, zero)


# ---- along axes ------------------------------------------------------------------------------------------------------


class Reduction(Operation):
    """Base class.

    Args:
        axis: one axis or several, not the batch's. keepdims: whether they stay, with size 1.

    Raises:
        ValueError: when called, axis does not exist or is the batch axis.
    """

    settings: ClassVar[tuple[str, ...]] = ("axis", "keepdims")
    axis: Any
    keepdims: bool

    def axes(self, x: Any) -> tuple[int, ...]:
        return axes_of_a_sample(self.axis, x.ndim, self.name)

    def wide(self, t: LayerTrace) -> Any:
        """Return delta with axes of size 1 in the place of those that went."""
        axes = self.axes(t.x)
        return t.delta.reshape([1 if k in axes else size for k, size in enumerate(t.x.shape)])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes = axes_of_a_sample(self.axis, len(input_shape), self.name)
        kept = [1 if k in axes else size for k, size in enumerate(input_shape)]
        return tuple(kept if self.keepdims else [size for k, size in enumerate(kept) if k not in axes])


class Sum(Reduction):
    """z = sum of x along the axis, dx = delta for each term."""

    keras_name = "Sum"
    formulas: ClassVar[dict[str, str]] = {"z": "sum of x", "dx": "delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.sum(t.x, axis=self.axes(t.x), keepdims=self.keepdims)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.broadcast_to(self.wide(t), t.x.shape)


class Mean(Reduction):
    """z = mean of n values along the axis, dx = delta / n for each."""

    keras_name = "Mean"
    formulas: ClassVar[dict[str, str]] = {"z": "mean of x", "dx": "delta / n"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.mean(t.x, axis=self.axes(t.x), keepdims=self.keepdims)

    def backward(self, t: LayerTrace) -> None:
        number = int(np.prod([t.x.shape[axis] for axis in self.axes(t.x)]))
        t.dx = np.broadcast_to(self.wide(t) / number, t.x.shape)


class Max(Reduction):
    """z = the largest x along the axis; equal maxima get equal shares of delta, as in TensorFlow."""

    keras_name, settings = "Max", ("axis", "keepdims", "initial")
    uses_cache = True
    formulas: ClassVar[dict[str, str]] = {"z": "max of x", "dx": "delta at the maxima, shared"}
    extreme: ClassVar[Any] = staticmethod(np.max)
    initial: None

    def forward(self, t: LayerTrace) -> None:
        axes = self.axes(t.x)
        t.z = self.extreme(t.x, axis=axes, keepdims=self.keepdims)
        x = t.x if isinstance(t.x, np.ndarray) else t.x.value
        t.cache["chosen"] = x == self.extreme(x, axis=axes, keepdims=True)

    def backward(self, t: LayerTrace) -> None:
        chosen = t.cache["chosen"]
        number = np.sum(chosen, axis=self.axes(t.x), keepdims=True, dtype=t.delta.dtype)
        t.dx = self.wide(t) / number * chosen.astype(t.delta.dtype)


class Min(Max):
    """z = the smallest x along the axis; equal minima get equal shares of delta, as in TensorFlow."""

    keras_name = "Min"
    formulas: ClassVar[dict[str, str]] = {"z": "min of x", "dx": "delta at the minima, shared"}
    extreme = staticmethod(np.min)
