"""Operations that move or pick elements and change none: slices, reshaping, transposition, joins."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import alongside
from ..keras_tensor import Shape
from ..merging import Concatenate
from ..merging.base import Merge
from .base import Operation, axes_of_a_sample

Key = tuple[Any, ...]
UNKNOWN = 10**9 + 7
"""Stands for an axis of unknown size where a slice's shape is computed."""


class GetItem(Operation):
    """z = x[key], dx = zeros in the shape of x, with delta at the key.

    Args:
        key: integers, slices, None for a new axis, or ...; the batch axis is kept whole.

    Raises:
        TypeError: the key holds something else. ValueError: it cuts the batch, or does not fit the input.
    """

    keras_name = "GetItem"
    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x[key]", "dx": "zeros, delta at the key"}

    def __init__(self, key: Any, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.key: Key = key if isinstance(key, tuple) else (key,)
        for part in self.key:
            if isinstance(part, bool) or not (part is None or part is ... or isinstance(part, int | slice)):
                raise TypeError(
                    f"a symbolic tensor is indexed by integers, slices, None and ...; received {type(part).__name__}"
                )
        if not self.key or not (self.key[0] is ... or self.key[0] == slice(None)):
            raise ValueError(f"the batch axis of a symbolic tensor must be kept, x[:, ...]; received {self.key}")

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x[self.key]

    def backward(self, t: LayerTrace) -> None:
        t.dx = alongside(t.delta, np.zeros(t.x.shape, t.delta.dtype))
        t.dx[self.key] = t.delta

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = tuple(UNKNOWN if size is None else size for size in input_shape)
        try:
            found = np.broadcast_to(np.int8(0), sizes)[self.key].shape
        except IndexError as error:
            raise ValueError(f"x[...] of a tensor of shape {tuple(input_shape)}: {error}") from None
        return tuple(None if size > UNKNOWN // 2 else size for size in found)

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        return sources[0], tuple(_written(part) for part in self.key)

    def copied(self) -> Operation:
        return type(self)(self.key, self.name, self.dtype)


def _written(part: Any) -> Any:
    if part is ...:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(part, slice):
        return {"class_name": "__slice__", "config": {"start": part.start, "stop": part.stop, "step": part.step}}
    return part


def key_part(part: Any) -> Any:
    """Return a part of a key from its form in a config."""
    if isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__":
        return ...
    if isinstance(part, Mapping) and part.get("class_name") == "__slice__":
        return slice(*(part["config"].get(name) for name in ("start", "stop", "step")))
    return part


class Moving(Operation):
    """Base class of operations that give every element of x one new place: dx is delta in the shape of x."""

    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x in another shape", "dx": "delta as x"}

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta.reshape(t.x.shape)


class Reshape(Moving):
    """(batch, ...) -> (batch, *newshape[1:]) in C order; newshape starts with -1, the batch.

    Raises:
        ValueError: when called, newshape does not start with -1 or hold the elements of a sample.
    """

    keras_name, settings = "Reshape", ("newshape",)
    newshape: Any

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x.reshape(len(t.x), *self.newshape[1:])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        first, *sizes = self.newshape
        known = [size for size in input_shape[1:] if size is not None]
        fits = len(known) == len(input_shape) - 1 and math.prod(known) == math.prod(sizes)
        if first not in (-1, None) or not all(isinstance(size, int) and size > 0 for size in sizes) or not fits:
            raise ValueError(
                f"newshape of {self.name} must be (-1, ...) with the sizes of a sample, here of shape "
                f"{tuple(input_shape[1:])}; received {tuple(self.newshape)}"
            )
        return (input_shape[0], *sizes)


class ExpandDims(Moving):
    """z = x with a new axis of size 1; not in front of the batch axis."""

    keras_name, settings = "ExpandDims", ("axis",)
    axis: int

    def forward(self, t: LayerTrace) -> None:
        t.z = np.expand_dims(t.x, self.axis)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        (axis,) = axes_of_a_sample(self.axis, len(input_shape) + 1, self.name)
        return (*input_shape[:axis], 1, *input_shape[axis:])


class Squeeze(Moving):
    """z = x without an axis of size 1, or several."""

    keras_name, settings = "Squeeze", ("axis",)
    axis: Any

    def forward(self, t: LayerTrace) -> None:
        t.z = np.squeeze(t.x, axes_of_a_sample(self.axis, t.x.ndim, self.name))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes = axes_of_a_sample(self.axis, len(input_shape), self.name)
        if any(input_shape[axis] != 1 for axis in axes):
            raise ValueError(
                f"axis of {self.name} must have size 1 in shape {tuple(input_shape)}; received {self.axis}"
            )
        return tuple(size for k, size in enumerate(input_shape) if k not in axes)


class Transpose(Operation):
    """z = x with its axes in another order, the batch first; dx = delta with them put back.

    Raises:
        ValueError: when called, axes is no order of x's axes, or does not start with 0.
    """

    keras_name = "Transpose"
    settings: ClassVar[tuple[str, ...]] = ("axes",)
    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "axes of x permuted", "dx": "axes of delta put back"}
    axes: Any

    def order(self, rank: int) -> list[int]:
        return [] if self.axes is None else [axis % rank for axis in self.axes]

    def forward(self, t: LayerTrace) -> None:
        t.z = np.transpose(t.x, self.order(t.x.ndim))

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.transpose(t.delta, np.argsort(self.order(t.x.ndim)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        order = self.order(len(input_shape))
        if sorted(order) != list(range(len(input_shape))) or order[0] != 0:
            raise ValueError(
                f"axes of {self.name} must be an order of the axes of shape {tuple(input_shape)} that starts with 0, "
                f"the batch; received {self.axes}"
            )
        return tuple(input_shape[axis] for axis in order)


class Swapaxes(Transpose):
    """z = x with two axes of a sample exchanged; dx = delta with them put back."""

    keras_name, settings = "Swapaxes", ("axis1", "axis2")
    axis1: int
    axis2: int

    def order(self, rank: int) -> list[int]:
        first, second = axes_of_a_sample((self.axis1, self.axis2), rank, self.name)
        found = list(range(rank))
        found[first], found[second] = second, first
        return found


class Flip(Operation):
    """z = x turned round along an axis of a sample, or several; dx = delta turned back."""

    keras_name, settings = "Flip", ("axis",)
    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x turned round", "dx": "delta turned back"}
    axis: Any

    def forward(self, t: LayerTrace) -> None:
        t.z = np.flip(t.x, axes_of_a_sample(self.axis, t.x.ndim, self.name))

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.flip(t.delta, axes_of_a_sample(self.axis, t.delta.ndim, self.name))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes_of_a_sample(self.axis, len(input_shape), self.name)
        return tuple(input_shape)


class Joining(Operation, Merge):
    """Base class of operations that are called on a list."""

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        return (list(sources),)


class ConcatenateTensors(Joining, Concatenate):
    """z = the x_k concatenated along an axis; dx_k = its slice of delta."""

    keras_name, settings = "Concatenate", ("axis",)


class Stack(Joining):
    """z = the x_k side by side along a new axis; dx_k = its slice of delta."""

    keras_name, settings = "Stack", ("axis",)
    formulas: ClassVar[dict[str, str]] = {"z": "x_1, x_2, ... side by side", "dx": "part of delta"}
    axis: int

    def is_identity(self, training: bool) -> bool:
        return False

    def compute_output_shape(self, input_shape: Any) -> Shape:
        first = tuple(input_shape[0])
        if any(tuple(shape) != first for shape in input_shape):
            raise ValueError(f"{self.name} needs inputs of equal shapes; received {list(input_shape)}")
        (axis,) = axes_of_a_sample(self.axis, len(first) + 1, self.name)
        return (*first[:axis], len(input_shape), *first[axis:])

    def forward(self, t: LayerTrace) -> None:
        t.z = np.concatenate([np.expand_dims(x, self.axis) for x in t.x], axis=self.axis)

    def backward(self, t: LayerTrace) -> None:
        before = (slice(None),) * (self.axis % t.delta.ndim)
        t.dx = tuple(t.delta[(*before, k)] for k in range(len(t.x)))
