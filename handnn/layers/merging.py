"""Layers that make one array of several: the places where branches meet."""

from typing import Any, ClassVar

import numpy as np

from ..trace import LayerTrace
from .base import Layer, Shape, layers


class Merge(Layer):
    """Base class: x is a tuple of arrays, and so is dx."""

    merges = True

    def broadcast_shape(self, input_shape: list[Shape]) -> Shape:
        return np.broadcast_shapes(*[tuple(size or 1 for size in shape[1:]) for shape in input_shape])


@layers.register()
class Add(Merge):
    """z = x_1 + x_2 + ...; every dx_k is delta itself: a residual connection hands its upstream down whole."""

    formulas: ClassVar[dict[str, str]] = {"z": "x_1 + x_2 + ...", "dx": "delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.add(t.x[0], t.x[1], out=t.z)
        for x in t.x[2:]:
            t.z += x

    def backward(self, t: LayerTrace) -> None:
        t.dx = tuple(t.delta for _ in t.x)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return tuple(input_shape[0])
