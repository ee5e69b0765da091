"""Layers that give their input another shape."""

import math
from typing import Any, ClassVar

from ..trace import LayerTrace
from .base import Layer, Shape, layers


@layers.register()
class Flatten(Layer):
    """(batch, h, w, ...) -> (batch, h w ...). dx is delta in the shape of x."""

    formulas: ClassVar[dict[str, str]] = {"z": "x as rows", "dx": "delta as x"}

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        if data_format not in (None, "channels_last"):
            raise ValueError(f"data_format must be 'channels_last'; received {data_format!r}")

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x.reshape(len(t.x), -1)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta.reshape(t.x.shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = [size for size in input_shape[1:] if size is not None]
        return (input_shape[0], math.prod(sizes) if len(sizes) == len(input_shape) - 1 else None)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": "channels_last"}
