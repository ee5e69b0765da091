"""Mistakes of pooling, of padding and cropping, of upsampling and resizing."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import layers
from ...layers.pooling import over_all, windowed
from ...layers.sizes import Resizing, edges, interpolation, up_sampling
from .base import DTYPE, Batch, Plant, between

SHAPE = (6, 5, 3)


def of(name: str, below: str = "tanh", **options: Any) -> Callable[[], Batch]:
    """Return the network of a layer, named pool."""
    made = getattr(layers, name)
    options = {"dtype": DTYPE, "name": "pool"} | options
    return lambda: between(made(**options), SHAPE, below=below)


def times(factor: Callable[[Any, Any], Any]) -> Any:
    """Return a maker of a backward pass whose dx is multiplied by factor(layer, trace)."""

    def make(right: Any) -> Any:
        def backward(self: Any, t: Any) -> None:
            right(self, t)
            t.dx = t.dx * factor(self, t)

        return backward

    return make


def every_element(right: Any) -> Any:
    """delta goes to all elements of the window."""

    def backward(self: Any, t: Any) -> None:
        t.cache["chosen"] = [np.ones_like(own) for own in t.cache["chosen"]]
        right(self, t)

    return backward


def equals_each_receive_all(self: Any, t: Any) -> Any:
    """Equal maxima, however many, receive all of delta: shared equally it would be one for each."""
    return np.sum(t.cache["largest"], axis=self.axes, keepdims=True)


def padding_counted(right: Any) -> Any:
    return lambda self, windows, x: np.full((1, *windows.places, 1), np.prod(windows.taps), x.dtype)


def first_copy_only(right: Any) -> Any:
    """dx takes delta of the first copy of each element in place of the sum over its copies."""

    def backward(self: Any, t: Any) -> None:
        right(self, t)
        steps = tuple(slice(None, None, n) for n in self.size)
        t.dx = t.delta[(slice(None),) * self.first + steps]

    return backward


def from_the_start(right: Any) -> Any:
    """delta of what was padded is cut off at the end alone."""

    def backward(self: Any, t: Any) -> None:
        t.dx = t.delta[tuple(slice(0, n) for n in t.x.shape)]

    return backward


def at_the_start(right: Any) -> Any:
    """delta of what was cropped is laid into the first elements."""

    def backward(self: Any, t: Any) -> None:
        right(self, t)
        t.dx = np.roll(t.dx, [-before for before, _ in self.pairs], tuple(range(self.first, self.first + self.rank)))

    return backward


def crop_at_the_start(right: Any) -> Any:
    """The gradient of a crop laid into the first rows, as if nothing had been cut off before them."""

    def seen_back(self: Any, dx: Any, x: Any) -> Any:
        starts = [-start for start, _ in self.edges(self.sizes(x))]
        return np.roll(right(self, dx, x), starts, tuple(range(self.first, self.first + 2)))

    return seen_back


def not_antialiased(right: Any) -> Any:
    return lambda n, out, method, antialias=False: right(n, out, method)


def plant(name: str, network: Any, owner: Any, attribute: str, wrong: Any, at: str, *also: str) -> Plant:
    where = frozenset(f"pool {tensor}" for tensor in also)
    return Plant(name, "pooling", network, owner, attribute, wrong, f"pool {at}", where)


MAX, AVERAGE = windowed.MaxPooling, windowed.AveragePooling
PLANTS = [
    plant("maximum: each of equal maxima receives delta", of("MaxPooling2D", "relu"), MAX, "first_of_equals",
          lambda right: False, "dx"),
    plant("maximum: every element of the window receives delta", of("MaxPooling2D"), MAX, "backward", every_element,
          "dx"),
    plant("global maximum: equal maxima receive all of delta each", of("GlobalMaxPooling2D", "hard_tanh"),
          over_all.GlobalMaxPooling, "backward", times(equals_each_receive_all), "dx"),
    plant("average: not divided on the way back", of("AveragePooling2D", pool_size=2), AVERAGE, "backward",
          times(lambda self, t: np.prod(self.pool_size)), "dx"),
    plant("average: padding counted", of("AveragePooling2D", pool_size=3, strides=2, padding="same"), AVERAGE, "counts",
          padding_counted, "z", "dx"),
    plant("global average: not divided on the way back", of("GlobalAveragePooling2D"), over_all.GlobalAveragePooling,
          "backward", times(lambda self, t: np.prod([t.x.shape[axis] for axis in self.axes])), "dx"),
    plant("zero padding's gradient not cropped in front", of("ZeroPadding2D", padding=1), edges.ZeroPadding, "backward",
          from_the_start, "dx"),
    plant("cropping's gradient laid at the start", of("Cropping2D", cropping=1), edges.Cropping, "backward",
          at_the_start, "dx"),
    plant("upsampling: gradient of the first copy only", of("UpSampling2D"), up_sampling.UpSampling, "backward",
          first_copy_only, "dx"),
    plant("resizing: antialias ignored", of("Resizing", height=2, width=2, antialias=True, dtype="float32"),
          interpolation, "weights", not_antialiased, "z", "dx"),
    plant("resizing: crop's gradient laid at the start", of("Resizing", height=4, width=1, crop_to_aspect_ratio=True),
          Resizing, "seen_back", crop_at_the_start, "dx"),
]  # fmt: skip
