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
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base import alongside

CHUNK = 1 << 18
"""Most elements of patches at a time, so that they stay in the cache between the copy and the product."""


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

    def fold(self, parts: Any, out: Any = None) -> Any:
        """Return (batch, *sizes, channels), in which each element is the sum of what its taps received.

        Args:
            parts: (batch, *places, *taps, channels), such as delta @ W.T. out: an array for the result.
        """
        rank, samples, channels = len(self.axes), len(parts), parts.shape[-1]
        sizes = [axis.before + axis.size + axis.after for axis in self.axes]
        total = alongside(parts, np.zeros((samples, *sizes, channels), parts.dtype))
        taps = itertools.product(*(range(count) for count in self.taps))
        for index, tap in zip(self.read(), taps, strict=True):
            total[index] += parts[(slice(None),) * (rank + 1) + tap]
        inside = total[self._inside]
        if isinstance(out, np.ndarray) and out.shape == inside.shape:
            out[...] = inside
            return out
        return inside

    def fold_in_one_sum(self, parts: Any) -> Any:
        """Return the same as `fold`, all taps added in one sum: its rounding bound holds for any order of addition."""
        rank, samples, channels = len(self.axes), len(parts), parts.shape[-1]
        sizes = [axis.before + axis.size + axis.after for axis in self.axes]
        received = []
        for index, tap in zip(self.read(), itertools.product(*(range(n) for n in self.taps)), strict=True):
            by_tap = alongside(parts, np.zeros((1, samples, *sizes, channels), parts.dtype))
            by_tap[(0, *index)] = parts[(slice(None),) * (rank + 1) + tap]
            received.append(by_tap)
        return np.sum(np.concatenate(received), axis=0)[self._inside]

    def chunks(self, x: Any, channels: int) -> Iterator[slice]:
        """Yield parts of the batch whose patches of so many channels stay small; `Bounded` arrays are taken whole."""
        each = math.prod(self.places) * math.prod(self.taps) * channels
        count = max(1, CHUNK // max(1, each)) if isinstance(x, np.ndarray) else len(x)
        for first in range(0, len(x), max(1, count)):
            yield slice(first, first + count)
