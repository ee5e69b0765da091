"""Layers that merge several arrays into one: the places where branches meet.

x is a tuple of arrays, and so is dx. Arrays of different shapes are broadcast; one with fewer axes gets axes of size 1
after the batch axis, as in Keras. A broadcast element reaches the loss by several paths, so its dx is the sum over its
copies. docs/derivations/residual.md
"""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import Layer
from ..keras_tensor import Shape, is_symbolic


class Merge(Layer):
    """Base class of layers that are called on a list."""

    merges, supports_masking = True, True
    count: ClassVar[int | None] = None
    """Number of inputs; None for one or more."""

    def __call__(self, x: Any = None, training: bool = False, mask: Any = None, inputs: Any = None) -> Any:
        """Return the layer's output for a list of arrays, or of `KerasTensor`s.

        Raises:
            TypeError: x is not a list.
            ValueError: the number of inputs or their shapes do not fit; or their ranks differ where those that the
                layer was built for do not: Keras then inserts no axes.
        """
        x = inputs if x is None else x
        if not isinstance(x, list | tuple):
            raise TypeError(f"{self.name} must be called on a list of inputs; received {type(x).__name__}")
        if self.built and not is_symbolic(x):
            self._check_call([np.shape(part) for part in x])
        return super().__call__(x, training, mask)

    def _check_call(self, shapes: list[Shape]) -> None:
        ranks = {len(shape) for shape in shapes}
        if len(ranks) > 1 and len({len(shape) for shape in self.input_shape}) == 1:
            raise ValueError(f"{self.name} was built for inputs with the same number of axes; received shapes {shapes}")
        self.check_shapes(shapes)

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Check the shapes (batch first); raise ValueError if they do not fit."""
        self.check_shapes(input_shape)
        super().build(input_shape, path)

    def check_shapes(self, input_shape: Any) -> None:
        """Raise ValueError if the number of inputs or their shapes do not fit."""
        if len(input_shape) != (self.count or max(1, len(input_shape))):
            raise ValueError(
                f"{self.name} must be called on a list of {self.count or 'some'} inputs; received {len(input_shape)}"
            )
        if len({shape[0] for shape in input_shape} - {None}) > 1:
            raise ValueError(f"{self.name} cannot merge batches of different sizes; received {list(input_shape)}")
        self.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape that all inputs are broadcast to."""
        rank = max(len(shape) for shape in input_shape)
        axes = zip(*[with_axes(tuple(shape), rank)[1:] for shape in input_shape], strict=True)
        joined: list[int | None] = []
        for sizes in axes:
            larger = set(sizes) - {1}
            if len(larger) > 1 and None not in larger:
                raise ValueError(
                    f"{self.name} needs inputs of shapes that can be broadcast; received {list(input_shape)}"
                )
            joined.append(None if None in larger else larger.pop() if larger else 1)
        return (_batch_size(input_shape), *joined)

    def is_identity(self, training: bool) -> bool:
        return self.built and len(self.input_shape) == 1

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return where any of the inputs counts; None if one of them has no mask. Raises as `check_masks`."""
        self.check_masks(inputs, previous_mask)
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return np.logical_or.reduce(np.broadcast_arrays(*previous_mask))

    def check_masks(self, inputs: Any, masks: Any) -> None:
        """Raise ValueError unless the masks, if any, are a list of one for each of a list of inputs."""
        if masks is None:
            return
        for argument, value in (("mask", masks), ("inputs", inputs)):
            if not isinstance(value, list | tuple):
                raise ValueError(f"{argument} of {self.name} must be a list; received {type(value).__name__}")
        if len(masks) != len(inputs):
            raise ValueError(
                f"mask of {self.name} must hold one for each of {len(inputs)} inputs; received {len(masks)}"
            )

    @staticmethod
    def parts(t: LayerTrace) -> list[Any]:
        """Return the inputs, all with the same number of axes."""
        rank = max(x.ndim for x in t.x)
        return [x if x.ndim == rank else x.reshape(with_axes(x.shape, rank)) for x in t.x]


def _batch_size(shapes: Any) -> int | None:
    return next((shape[0] for shape in shapes if shape[0] is not None), None)


def with_axes(shape: Any, rank: int) -> Any:
    """Return the shape with axes of size 1 inserted after the first, `rank` axes in all."""
    return (shape[0], *(1,) * (rank - len(shape)), *shape[1:])


def folded(operation: Any, parts: list[Any], out: Any) -> Any:
    """Return ((x_1 o x_2) o x_3) ..., written into `out` if given; a single x_1 is returned as it is."""
    found = parts[0]
    for part in parts[1:]:
        found = operation(found, part, out=out)
    return found


def summed_to(array: Any, shape: tuple[int, ...], repeated: tuple[int, ...]) -> Any:
    """Sum over the axes whose size differs from `repeated`, in shape `shape`; the array itself if it has that shape."""
    if array.shape == shape:
        return array
    axes = tuple(k for k, size in enumerate(repeated) if size != array.shape[k])
    return np.sum(array, axis=axes, keepdims=True).reshape(shape)


def dx_of(t: LayerTrace, k: int, gradient: Any) -> Any:
    """Return dx_k from the derivative with respect to x_k as broadcast."""
    return summed_to(gradient, t.x[k].shape, with_axes(t.x[k].shape, gradient.ndim))


def axis_from_front(axis: int, rank: int, argument: str) -> int:
    """Return the axis as a non-negative index. Raise ValueError if it does not exist or is the batch axis."""
    if not -rank <= axis < rank or axis % rank == 0:
        raise ValueError(f"{argument} must be one of 1 ... {rank - 1}, or negative; received {axis}")
    return axis % rank
