"""Max pooling and average pooling in windows: no weights, one formula for any number of spatial axes."""

import functools
import itertools
import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import layers
from ..convolution.base import Spatial, along_axes, data_format_of, one_of
from ..convolution.windows import Windows
from ..keras_errors import LOWEST, NEAR
from ..keras_tensor import Shape

ALMOST = 2e-5
"""Above the 1e-5 by which TensorFlow's comparison is off."""


class Pooling(Spatial):
    """Base class: the windows of one channel, as those of a convolution without dilation.

    Args:
        pool_size: an integer, or one for each spatial axis.
        strides: the same; None (default) is pool_size, so that the windows lie side by side.
        padding: 'valid' or 'same'. data_format: 'channels_last' (default) or 'channels_first'.

    Raises:
        ValueError: an argument is not allowed; when built, the window does not fit into the input.
    """

    builds = False

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        self.pool_size = self.kernel_size = along_axes(pool_size, self.rank, "pool_size")
        self.strides = along_axes(self.pool_size if strides is None else strides, self.rank, "strides")
        self.dilation_rate = (1,) * self.rank
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.data_format = data_format_of(data_format)

    def read(self, x: Any) -> tuple[Any, Windows]:
        """Return x with channels last and its windows."""
        x = self.last(x)
        return x, self.windows(x.shape[1:-1])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples, *sizes, channels = self.shape_last(input_shape)
        return self.shape_placed((samples, *self.window_places(sizes), channels))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class MaxPooling(Pooling):
    """z[n, p, c] = the largest x of the window of p; dx receives delta[n, p, c] there and nothing elsewhere.

    Of equal maxima the first in C order receives it, as in TensorFlow; in three dimensions each receives all of it, as
    in TensorFlow too, though that is no subgradient. Padding is never the largest. Where windows overlap, an element
    adds up what all its windows give it. docs/derivations/pooling.md
    """

    uses_cache = True
    first_of_equals: ClassVar[bool] = True
    """Whether the first of equal maxima receives delta, or each of them."""

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **options)

    formulas: ClassVar[dict[str, str]] = {"z": "max of each window", "dx": "delta at the first maximum"}

    def forward(self, t: LayerTrace) -> None:
        x, windows = self.read(t.x)
        around = windows.pad(x, -np.inf)
        z: Any = None
        for index in windows.read():
            z = around[index] if z is None else np.maximum(z, around[index])
        largest = _values(z)
        chosen = [_values(around[index]) == largest for index in windows.read()]
        if self.first_of_equals:
            taken = np.zeros(largest.shape, bool)
            for tap, equal in enumerate(chosen):
                chosen[tap] = equal & ~taken
                taken |= equal
        t.cache["chosen"] = chosen
        t.z = self.placed(z)

    def backward(self, t: LayerTrace) -> None:
        parts, windows = self._parts(t)
        t.dx = self.placed(windows.fold(parts))

    def keras_backward(self, t: LayerTrace) -> None:
        """Add up overlapping windows in one sum; TensorFlow adds its terms in any order."""
        parts, windows = self._parts(t)
        t.dx = self.placed(windows.fold_in_one_sum(parts))

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        """Return z and dx where a window has no finite maximum; in three dimensions dx where others are close to it."""
        x, windows = self.read(_values(t.x))
        if self.first_of_equals and np.isfinite(x).all():
            return {}
        around = windows.pad(x, -np.inf)
        taps = [around[index] for index in windows.read()]
        z = functools.reduce(np.maximum, taps)
        if (np.isnan(z) | (z == -np.inf)).any():
            return dict.fromkeys(("z", "dx"), LOWEST)
        if self.first_of_equals:
            return {}
        if np.isinf(z).any():
            return {"dx": LOWEST}
        below = [z - tap for tap in taps]
        return {"dx": NEAR} if any(((gap > 0) & (gap < ALMOST)).any() for gap in below) else {}

    def _parts(self, t: LayerTrace) -> tuple[Iterator[Any], Windows]:
        """Return what each tap receives, (batch, *places, channels), and the windows."""
        _, windows = self.read(t.x)
        delta, nothing = self.last(t.delta), t.delta.dtype.type(0)
        return (np.where(equal, delta, nothing) for equal in t.cache["chosen"]), windows


class AveragePooling(Pooling):
    """z[n, p, c] = the mean of x in the window of p, of the elements that are not padding; dx = delta / their number.

    Each element adds up what all its windows give it. docs/derivations/pooling.md
    """

    formulas: ClassVar[dict[str, str]] = {"z": "mean of each window", "dx": "delta / number, folded"}

    def forward(self, t: LayerTrace) -> None:
        x, windows = self.read(t.x)
        taps = tuple(range(self.rank + 1, 2 * self.rank + 1))
        total = np.sum(windows.patches(x), axis=taps)
        t.z = self.placed(total / self.counts(windows, x))

    def counts(self, windows: Windows, x: Any) -> Any:
        """Return how many elements of x each place averages, (1, *places, 1)."""
        ones = np.ones((1, *(axis.size for axis in windows.axes), 1), x.dtype)
        return np.sum(windows.patches(ones), axis=tuple(range(self.rank + 1, 2 * self.rank + 1)))

    def backward(self, t: LayerTrace) -> None:
        parts, windows = self._parts(t)
        t.dx = self.placed(windows.fold(parts))

    def keras_backward(self, t: LayerTrace) -> None:
        """Add up overlapping windows in one sum; TensorFlow adds its terms in any order."""
        parts, windows = self._parts(t)
        t.dx = self.placed(windows.fold_in_one_sum(parts))

    def _parts(self, t: LayerTrace) -> tuple[Iterator[Any], Windows]:
        """Return what each tap receives, (batch, *places, channels), and the windows."""
        x, windows = self.read(t.x)
        return itertools.repeat(self.last(t.delta) / self.counts(windows, x), math.prod(windows.taps)), windows


def _values(array: Any) -> Any:
    """Return the numbers of an array: which element is the largest is decided by them, not by their error bounds."""
    return array if isinstance(array, np.ndarray) else array.value


@layers.register("MaxPool1D")
class MaxPooling1D(MaxPooling):
    """`MaxPooling` over (batch, steps, channels)."""

    rank = 1


@layers.register("MaxPool2D")
class MaxPooling2D(MaxPooling):
    """`MaxPooling` over (batch, height, width, channels)."""

    rank = 2


@layers.register("MaxPool3D")
class MaxPooling3D(MaxPooling):
    """`MaxPooling` over (batch, depth, height, width, channels)."""

    rank = 3
    first_of_equals = False


@layers.register("AvgPool1D")
class AveragePooling1D(AveragePooling):
    """`AveragePooling` over (batch, steps, channels)."""

    rank = 1


@layers.register("AvgPool2D")
class AveragePooling2D(AveragePooling):
    """`AveragePooling` over (batch, height, width, channels)."""

    rank = 2


@layers.register("AvgPool3D")
class AveragePooling3D(AveragePooling):
    """`AveragePooling` over (batch, depth, height, width, channels)."""

    rank = 3
