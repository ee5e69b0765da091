"""Layers that change the shape of their input and none of its values. Integers stay integers."""

import math
from typing import Any, ClassVar

import numpy as np

from ..core.trace import LayerTrace
from .base import IntegerError, Layer, check_built_for, layers
from .convolution.base import data_format_of
from .keras_tensor import Shape


@layers.register()
class Flatten(Layer):
    """(batch, h, w, ...) -> (batch, h w ...). dx is delta in the shape of x.

    Args:
        data_format: 'channels_last' (default), or 'channels_first', which first moves axis 1 to the end.

    Raises:
        ValueError: data_format is neither of them.
    """

    takes_integers, gives_integers, stacks = True, True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x as rows", "dx": "delta as x"}

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = data_format_of(data_format)

    def forward(self, t: LayerTrace) -> None:
        x = np.moveaxis(t.x, 1, -1) if self._moves(t.x) else t.x
        t.z = x.reshape(*x.shape[: 1 if self.runs is None else 2], -1)

    def backward(self, t: LayerTrace) -> None:
        if self._moves(t.x):
            samples, channels, *others = t.x.shape
            t.dx = np.moveaxis(t.delta.reshape(samples, *others, channels), -1, 1)
        else:
            t.dx = t.delta.reshape(t.x.shape)

    def can_stack(self) -> bool:
        return super().can_stack() and self.data_format == "channels_last"

    def _moves(self, x: Any) -> bool:
        return self.data_format == "channels_first" and x.ndim > 2

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = [size for size in input_shape[1:] if size is not None]
        return (input_shape[0], math.prod(sizes) if len(sizes) == len(input_shape) - 1 else None)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format}


@layers.register()
class Reshape(Layer):
    """(batch, ...) -> (batch, *target_shape), in C order. dx is delta in the shape of x.

    Args:
        target_shape: of one sample; one size may be -1 and is then inferred.

    Raises:
        ValueError: target_shape holds other values; when built, the number of elements does not fit.
    """

    builds = False
    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x in another shape", "dx": "delta as x"}

    def __init__(self, target_shape: Any, **options: Any) -> None:
        super().__init__(**options)
        sizes = tuple(target_shape) if isinstance(target_shape, list | tuple) else None
        if sizes is None or not all(isinstance(size, int | np.integer) and size > -2 and size != 0 for size in sizes):
            raise ValueError(f"target_shape must hold integers >= 1, or one -1; received {target_shape!r}")
        if sizes.count(-1) > 1:
            raise ValueError(f"target_shape can hold only one -1; received {target_shape!r}")
        self.target_shape = sizes

    def build(self, input_shape: Shape, path: str | None = None) -> None:
        """Check that the number of elements fits the new shape."""
        self.compute_output_shape(input_shape)
        super().build(input_shape, path)

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x.reshape(len(t.x), *self.target_shape)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta.reshape(t.x.shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        known = [size for size in input_shape[1:] if size is not None]
        if len(known) < len(input_shape) - 1:
            return (input_shape[0], *(None if size == -1 else size for size in self.target_shape))
        elements, named = math.prod(known), math.prod(size for size in self.target_shape if size != -1)
        if elements != named and (-1 not in self.target_shape or elements % named):
            raise ValueError(
                f"target_shape of {self.name} must hold the {elements} elements of a sample of shape "
                f"{tuple(input_shape[1:])}; received {self.target_shape}"
            )
        return (input_shape[0], *(elements // named if size == -1 else size for size in self.target_shape))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"target_shape": self.target_shape}


@layers.register()
class Permute(Layer):
    """z = x with the axes of a sample permuted; dx = delta with them permuted back.

    Args:
        dims: the new order of the axes, counted from 1; (2, 1) transposes.

    Raises:
        ValueError: dims is not a permutation of 1, 2, ...; when built, the number of axes does not fit.
    """

    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "axes of x permuted", "dx": "axes of delta put back"}

    def __init__(self, dims: Any, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(dims, list | tuple) or sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(f"dims must hold 1, 2, ... once each, in any order; received {dims!r}")
        self.dims = tuple(dims)

    def build(self, input_shape: Shape, path: str | None = None) -> None:
        """Check the number of axes."""
        if len(input_shape) != len(self.dims) + 1:
            raise ValueError(f"{self.name} with dims {self.dims} cannot take inputs of shape {tuple(input_shape)}")
        super().build(input_shape, path)

    def forward(self, t: LayerTrace) -> None:
        t.z = np.transpose(t.x, (0, *self.dims))

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.transpose(t.delta, tuple(int(k) for k in np.argsort((0, *self.dims))))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[k] for k in self.dims))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dims": self.dims}


@layers.register()
class RepeatVector(Layer):
    """(batch, features) -> (batch, n, features): every row n times. dx is the sum of delta over the n copies.

    Raises:
        ValueError: n is not an integer >= 1; when built, the input does not have two axes.
    """

    takes_integers = True
    formulas: ClassVar[dict[str, str]] = {"z": "x, n times", "dx": "delta.sum(axis=1)"}

    def __init__(self, n: int, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise IntegerError(f"n must be an integer >= 1; received {n!r}")
        self.n = n

    def build(self, input_shape: Shape, path: str | None = None) -> None:
        """Check that the input is a batch of rows."""
        if len(input_shape) != 2:
            raise ValueError(f"{self.name} repeats rows, (batch, features); its input shape is {tuple(input_shape)}")
        super().build(input_shape, path)

    def fitted(self, shape: Any) -> Layer:
        check_built_for(self, shape)
        return self

    def forward(self, t: LayerTrace) -> None:
        t.z = np.repeat(t.x.reshape(len(t.x), 1, -1), self.n, axis=1)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.sum(t.delta, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"n": self.n}
