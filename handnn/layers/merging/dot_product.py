"""Dot products of the rows of two arrays."""

from typing import Any, ClassVar

import numpy as np

from ...config import epsilon
from ...core.roots import keras_slope
from ...core.trace import LayerTrace
from ...regularizers import unit_rows
from ..base import layers
from ..keras_tensor import Shape
from .base import Merge, axis_from_front


@layers.register()
class Dot(Merge):
    """z = sum_k x_k y_k along one axis of x and one axis of y, for every pair of their other indices.

    With x as rows (batch, m, k) and y as rows (batch, n, k), each sample is a matrix product:

        z = x y^T           dx = delta y           dy = delta^T x

    With normalize=True every row is first divided by its length (at least 1e-7): z is the cosine similarity, and the
    derivative loses its component along the row. docs/derivations/dot.md

    Args:
        axes: one axis for both, or a pair; not 0, the batch.
        normalize: whether z is a cosine.

    Raises:
        ValueError: axes is not an integer or a pair; when built, the axes do not exist or differ in size.
    """

    count = 2
    formulas: ClassVar[dict[str, str]] = {"z": "x_1 . x_2", "dx": "delta . the other"}

    def __init__(self, axes: int | tuple[int, int], normalize: bool = False, **options: Any) -> None:
        super().__init__(**options)
        pair = list(axes) if isinstance(axes, list | tuple) else [axes, axes]
        if len(pair) != 2 or not all(isinstance(axis, int) and not isinstance(axis, bool) for axis in pair):
            raise ValueError(f"axes must be an integer or a pair of integers; received {axes!r}")
        self.axes, self.normalize = axes, normalize
        self._pair = pair

    def compute_output_shape(self, input_shape: Any) -> Shape:
        first, second = (list(shape) for shape in input_shape)
        a = axis_from_front(self._pair[0], len(first), f"axes of {self.name}")
        b = axis_from_front(self._pair[1], len(second), f"axes of {self.name}")
        if first[a] != second[b]:
            raise ValueError(
                f"{self.name} needs equal sizes along axes {a} and {b}; received shapes {list(input_shape)}"
            )
        left = [size for k, size in enumerate(first) if k != a]
        left += [size for k, size in enumerate(second) if k not in (0, b)]
        return tuple(left) if len(left) > 1 else (*left, 1)

    def _rows(self, x: Any, k: int) -> Any:
        """Return x as (batch, rows, elements)."""
        axis = self._pair[k]
        return np.moveaxis(x, axis, -1).reshape(len(x), -1, x.shape[axis])

    def _as_x(self, rows: Any, x: Any, k: int) -> Any:
        """Return (batch, rows, elements) in the shape of x."""
        axis = self._pair[k] % x.ndim
        shape = [size for i, size in enumerate(x.shape) if i != axis]
        return np.moveaxis(rows.reshape(*shape, x.shape[axis]), -1, axis)

    def forward(self, t: LayerTrace) -> None:
        x, y = self._rows(t.x[0], 0), self._rows(t.x[1], 1)
        if self.normalize:
            x, y = unit_rows(x)[0], unit_rows(y)[0]
        z = np.matmul(x, np.moveaxis(y, 1, 2))
        t.z = z.reshape(self.compute_output_shape([part.shape for part in t.x]))

    def backward(self, t: LayerTrace) -> None:
        self._backward(t, _through_length)

    def _backward(self, t: LayerTrace, through_length: Any) -> None:
        rows = self._rows(t.x[0], 0), self._rows(t.x[1], 1)
        units = [unit_rows(part) for part in rows] if self.normalize else []
        x, y = [unit[0] for unit in units] or rows
        delta = t.delta.reshape(len(x), x.shape[1], y.shape[1])
        slopes = [np.matmul(delta, y), np.matmul(np.moveaxis(delta, 1, 2), x)]
        if units:
            slopes = [through_length(*part) for part in zip(slopes, rows, units, strict=True)]
        t.dx = tuple(self._as_x(slope, part, k) for k, (slope, part) in enumerate(zip(slopes, t.x, strict=True)))

    def keras_backward(self, t: LayerTrace) -> None:
        """Multiply g by x, not by n, as TensorFlow does: of short and of long x these products may be flushed to 0."""
        self._backward(t, _keras_through_length)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return None: products over a masked axis have no mask, as in Keras."""
        return None

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axes": self.axes, "normalize": self.normalize}


def _through_length(gradient: Any, x: Any, unit: tuple[Any, Any, Any]) -> Any:
    """Return dL/dx from dL/dn, n = r x: r (g - n sum(n g)); r is 1/|x|, or 1/eps and constant where |x| < eps."""
    n, r, norm = unit
    along = np.where(norm < epsilon(), norm.dtype.type(0), np.sum(n * gradient, axis=-1, keepdims=True))
    return r * (gradient - n * along)


def _keras_through_length(gradient: Any, x: Any, unit: tuple[Any, Any, Any]) -> Any:
    """Return the same as r g - x r^3 sum(g x)."""
    _, r, norm = unit
    along = np.where(norm < epsilon(), norm.dtype.type(0), np.sum(gradient * x, axis=-1, keepdims=True))
    return r * gradient + keras_slope(along, r) * (2.0 * x)


def dot(inputs: list[Any], axes: int | tuple[int, int] = -1, **options: Any) -> Any:
    """Return `Dot(axes, **options)(inputs)`."""
    return Dot(axes=axes, **options)(inputs)
