"""Concatenate."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import layers
from ..keras_tensor import Shape
from .base import Merge, axis_from_front


@layers.register()
class Concatenate(Merge):
    """z = the x_k concatenated along an axis; dx_k = its slice of delta.

    Args:
        axis: any axis but 0, the batch; the x_k have equal sizes along all other axes.

    Raises:
        TypeError: axis is not an integer.
        ValueError: when built, axis or the shapes do not fit.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "[x_1, x_2, ...]", "dx": "part of delta"}

    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
            raise TypeError(f"axis must be an integer; received {axis!r}")
        self.axis = axis

    def is_identity(self, training: bool) -> bool:
        return False

    def compute_output_shape(self, input_shape: Any) -> Shape:
        rank = len(input_shape[0])
        axis = axis_from_front(self.axis, rank, f"axis of {self.name}")
        others = [tuple(size for k, size in enumerate(shape) if k != axis) for shape in input_shape]
        fits = all(len(shape) == rank for shape in input_shape) and all(
            len(set(sizes) - {None}) < 2 for sizes in zip(*others, strict=True)
        )
        if not fits:
            raise ValueError(
                f"{self.name} needs inputs of equal shapes except along axis {self.axis}; received {list(input_shape)}"
            )
        sizes = [shape[axis] for shape in input_shape]
        first = tuple(input_shape[0])
        return (*first[:axis], None if None in sizes else sum(sizes), *first[axis + 1 :])

    def forward(self, t: LayerTrace) -> None:
        t.z = np.concatenate(t.x, axis=self.axis, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        before = (slice(None),) * (self.axis % t.delta.ndim)
        ends = np.cumsum([x.shape[self.axis] for x in t.x])
        t.dx = tuple(t.delta[(*before, slice(end - x.shape[self.axis], end))] for x, end in zip(t.x, ends, strict=True))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return where any element of the last axis counts; inputs without a mask count everywhere."""
        self.check_masks(inputs, previous_mask)
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        parts = []
        for x, mask in zip(inputs, previous_mask, strict=True):
            own = np.ones(x.shape, bool) if mask is None else mask
            parts.append(own if own.ndim == x.ndim else np.broadcast_to(own[..., np.newaxis], x.shape))
        return np.any(np.concatenate(parts, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


def concatenate(inputs: list[Any], axis: int = -1, **options: Any) -> Any:
    """Return `Concatenate(axis, **options)(inputs)`."""
    return Concatenate(axis=axis, **options)(inputs)
