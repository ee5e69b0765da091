"""Windows: which elements of a spatial array each tap of a kernel reads, for any number of spatial axes.

An axis of `size` elements, padded by (before, after), is read at `places` places by a kernel of `taps` taps that are
`dilation` apart and move by `stride`:

    place p, tap j   reads element   p stride + j dilation   of the padded axis
    places = (before + size + after - (taps - 1) dilation - 1) // stride + 1

`patches` copies the elements that each place reads side by side (im2col), so that a convolution is one matrix product.
`fold` is its transpose: it adds what the taps received back to the elements that they read (col2im). Arrays here are
(batch, *spatial, channels).
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base import alongside

PATCHES, PARTS = 1 << 18, 1 << 16
"""Most elements of patches, and of what one tap receives, at a time, so that they stay in the cache."""


class Axis(NamedTuple):
    """One spatial axis and how a kernel reads it."""

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def span(self) -> int:
        """The number of elements from the first tap to the last."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def places(self) -> int:
        return (self.before + self.size + self.after - self.span) // self.stride + 1

    def read_by(self, tap: int) -> slice:
        """Return the elements of the padded axis that a tap reads, place by place."""
        first = tap * self.dilation
        return slice(first, first + (self.places - 1) * self.stride + 1, self.stride)


def padded_axis(size: int, taps: int, stride: int, dilation: int, padding: str) -> Axis:
    """Return an axis with Keras' padding: 'valid', 'same' (the odd element behind) or 'causal' (all in front)."""
    span = (taps - 1) * dilation + 1
    if padding == "causal":
        return Axis(size, taps, stride, dilation, span - 1, 0)
    total = max((-(-size // stride) - 1) * stride + span - size, 0) if padding == "same" else 0
    return Axis(size, taps, stride, dilation, total // 2, total - total // 2)


def places(size: int | None, taps: int, stride: int, dilation: int, padding: str) -> int | None:
    """Return the size of the output along an axis; None if that of the input is not known."""
    return None if size is None else padded_axis(size, taps, stride, dilation, padding).places


class Windows:
    """All spatial axes together.

    Attributes:
        axes: one `Axis` for each spatial axis.
        taps, places: their numbers along each axis.
    """

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = tuple(axes)
        self.taps = tuple(axis.taps for axis in self.axes)
        self.places = tuple(axis.places for axis in self.axes)
        self._inside = (slice(None), *(slice(axis.before, axis.before + axis.size) for axis in self.axes))

    def pad(self, x: Any, value: float = 0.0) -> Any:
        """Return x with `value` around it; x itself where nothing is to be added."""
        if not any(axis.before or axis.after for axis in self.axes):
            return x
        sizes = [axis.before + axis.size + axis.after for axis in self.axes]
        around = alongside(x, np.full((len(x), *sizes, x.shape[-1]), value, x.dtype))
        around[self._inside] = x
        return around

    def read(self) -> Iterator[tuple[slice, ...]]:
        """Yield for each tap, in C order, the index of the padded elements that it reads at all places."""
        for tap in itertools.product(*(range(taps) for taps in self.taps)):
            yield (slice(None), *(axis.read_by(j) for axis, j in zip(self.axes, tap, strict=True)))

    def patches(self, x: Any) -> Any:
        """Return (batch, *places, *taps, channels): what each tap reads, a view of x or of padded x."""
        rank, spans = len(self.axes), tuple(axis.span for axis in self.axes)
        view = np.lib.stride_tricks.sliding_window_view(self.pad(x), spans, axis=tuple(range(1, rank + 1)))
        steps = tuple(slice(None, None, axis.stride) for axis in self.axes)
        taps = tuple(slice(None, None, axis.dilation) for axis in self.axes)
        return np.moveaxis(view[(slice(None), *steps, slice(None), *taps)], rank + 1, -1)

    def fold(self, received: Iterable[Any]) -> Any:
        """Return (batch, *sizes, channels), in which each element is the sum of what its taps received.

        Args:
            received: for each tap in C order (batch, *places, channels), such as delta @ W[tap].T.
        """
        total: Any = None
        for index, part in zip(self.read(), received, strict=True):
            if total is None:
                total = self._zeros(part)
            total[index] += part
        return total[self._inside]

    def fold_in_one_sum(self, received: Iterable[Any]) -> Any:
        """Return the same as `fold`, all taps added in one sum: its rounding bound holds for any order of addition."""
        by_tap = []
        for index, part in zip(self.read(), received, strict=True):
            by_tap.append(self._zeros(part)[np.newaxis])
            by_tap[-1][(0, *index)] = part
        return np.sum(np.concatenate(by_tap), axis=0)[self._inside]

    def _zeros(self, part: Any) -> Any:
        """Return zeros of the shape of padded x."""
        sizes = [axis.before + axis.size + axis.after for axis in self.axes]
        return alongside(part, np.zeros((len(part), *sizes, part.shape[-1]), part.dtype))

    def chunks(self, x: Any, channels: int, taps: int | None = None) -> Iterator[slice]:
        """Yield parts of the batch that stay small, with so many channels a place; `Bounded` arrays are taken whole.

        Args:
            taps: that are read at a time: all of them (None), or 1.
        """
        most = PATCHES if taps is None else PARTS
        each = math.prod(self.places) * (math.prod(self.taps) if taps is None else taps) * channels
        count = max(1, most // max(1, each)) if isinstance(x, np.ndarray) else len(x)
        for first in range(0, len(x), max(1, count)):
            yield slice(first, first + count)
