"""Layers that make one array of several: the places where branches meet.

x is a tuple of arrays, and so is dx. Where the arrays differ in shape they are repeated to fit, samples staying
samples: one with fewer axes gets axes of size 1 behind its first, as in Keras. What was repeated took several paths
to the loss, so its dx is the sum over the repetitions. docs/derivations/residual.md
"""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import Layer
from ..keras_tensor import Shape


class Merge(Layer):
    """Base class of layers that are called on a list."""

    merges = True
    count: ClassVar[int | None] = None
    """How many inputs the layer takes; None: one or more."""

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Return the layer's output for a list of arrays, or of `KerasTensor`s."""
        if not isinstance(x, list | tuple):
            raise TypeError(f"{self.name} must be called on a list of inputs; received {type(x).__name__}")
        return super().__call__(x, training)

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Check the shapes, batch first."""
        if len(input_shape) != (self.count or max(1, len(input_shape))):
            raise ValueError(
                f"{self.name} must be called on a list of {self.count or 'some'} inputs; received {len(input_shape)}"
            )
        if len({shape[0] for shape in input_shape} - {None}) > 1:
            raise ValueError(f"{self.name} cannot merge batches of different sizes; received {list(input_shape)}")
        self.compute_output_shape(input_shape)
        super().build(input_shape, path)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape that all inputs are repeated to."""
        rank = max(len(shape) for shape in input_shape)
        axes = zip(*[with_axes(tuple(shape), rank)[1:] for shape in input_shape], strict=True)
        joined: list[int | None] = []
        for sizes in axes:
            larger = set(sizes) - {1}
            if len(larger) > 1 and None not in larger:
                raise ValueError(
                    f"{self.name} needs inputs of shapes that fit each other; received {list(input_shape)}"
                )
            joined.append(None if None in larger else larger.pop() if larger else 1)
        return (_batch_size(input_shape), *joined)

    def is_identity(self, training: bool) -> bool:
        return self.built and len(self.input_shape) == 1

    @staticmethod
    def parts(t: LayerTrace) -> list[Any]:
        """Return the inputs with as many axes each."""
        rank = max(x.ndim for x in t.x)
        return [x if x.ndim == rank else x.reshape(with_axes(x.shape, rank)) for x in t.x]


def _batch_size(shapes: Any) -> int | None:
    return next((shape[0] for shape in shapes if shape[0] is not None), None)


def with_axes(shape: Any, rank: int) -> Any:
    """Return the shape with axes of size 1 behind its first."""
    return (shape[0], *(1,) * (rank - len(shape)), *shape[1:])


def folded(operation: Any, parts: list[Any], out: Any) -> Any:
    """Return ((x_1 o x_2) o x_3) ..., repeated to the shape of `out` from the start if that is given; x_1 if alone."""
    found = parts[0]
    for part in parts[1:]:
        found = operation(found, part, out=out)
    return found


def summed_to(array: Any, shape: tuple[int, ...], repeated: tuple[int, ...]) -> Any:
    """Return the sum over the axes that are longer than in `repeated`, in `shape`; the very array if none is."""
    if array.shape == shape:
        return array
    axes = tuple(k for k, size in enumerate(repeated) if size != array.shape[k])
    return np.sum(array, axis=axes, keepdims=True).reshape(shape)


def dx_of(t: LayerTrace, k: int, gradient: Any) -> Any:
    """Return dx_k from the derivative by x_k as it was repeated."""
    return summed_to(gradient, t.x[k].shape, with_axes(t.x[k].shape, gradient.ndim))


def axis_from_front(axis: int, rank: int, argument: str) -> int:
    """Return the axis counted from the front; raise where there is none, and for that of the samples."""
    if not -rank <= axis < rank or axis % rank == 0:
        raise ValueError(f"{argument} must be one of 1 ... {rank - 1}, or negative; received {axis}")
    return axis % rank
