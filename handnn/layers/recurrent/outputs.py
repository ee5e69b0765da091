"""Layers that return several arrays, such as LSTM(return_state=True): z holds them side by side, `Part`s pick them out.

A layer has one z, (batch, numbers): its outputs, flattened, one after the other. The graph has a `Part` for each, which
has the output's shape and its own derivative: dL/dz is what came back at its columns.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.trace import LayerTrace
from ..base import Layer
from ..keras_tensor import KerasTensor, Shape


def packed(t: LayerTrace, arrays: Sequence[Any]) -> Any:
    """Return the arrays side by side, (batch, numbers); their shapes are kept in t.shapes."""
    t.shapes = tuple(array.shape[1:] for array in arrays)
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def columns(shapes: Sequence[tuple[int, ...]], index: int) -> slice:
    """Return where the array of this index is."""
    sizes = [math.prod(shape) for shape in shapes]
    return slice(sum(sizes[:index]), sum(sizes[: index + 1]))


def parts(t: LayerTrace, array: Any) -> list[Any]:
    """Return the arrays that `packed` put side by side, or their derivatives."""
    return [array[:, columns(t.shapes, k)].reshape(len(array), *shape) for k, shape in enumerate(t.shapes)]


def flat(shapes: Sequence[Any]) -> list[Shape]:
    """Return the shapes of a layer that returns several arrays; those of stacked cells' states come as lists."""
    return [shape for entry in shapes for shape in (entry if isinstance(entry, list) else [entry])]


def siblings(first: KerasTensor, shapes: Sequence[Shape]) -> list[KerasTensor]:
    """Return the symbolic outputs of a call, of these shapes; `first` is one of them."""
    found = [first]
    for k, shape in enumerate(shapes[1:], start=1):
        other = KerasTensor(shape, first.dtype, first.layer, first.sources, first.from_list, first.call, k)
        other.arguments, other.masked = first.arguments, False
        found.append(other)
    first.shape = tuple(shapes[0])
    for tensor in found:
        tensor.siblings = found
    return found


class Part(Layer):
    """z = one of the arrays that x holds side by side; dx = delta at its columns, 0 at the others."""

    builds, supports_masking = False, True
    outputs_of = True

    def __init__(self, index: int, **options: Any) -> None:
        super().__init__(**options)
        self.index = index

    def forward(self, t: LayerTrace) -> None:
        t.z = parts(t, t.x)[self.index]

    def backward(self, t: LayerTrace) -> None:
        own, delta = columns(t.shapes, self.index), t.delta.reshape(len(t.delta), -1)
        zeros = [np.zeros((len(delta), n), delta.dtype) for n in (own.start, t.x.shape[1] - own.stop)]
        t.dx = np.concatenate([zeros[0], delta, zeros[1]], axis=1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask for the first output; states have none."""
        return previous_mask if self.index == 0 else None
