"""UpSampling: layers that repeat, or interpolate between, the elements of (batch, *spatial, channels)."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import layers
from ..convolution.base import along_axes, at_least_one, one_of
from . import interpolated
from .base import OneAxis, Resized


class UpSampling(Resized):
    """z = x with each element repeated `size` times along each axis; dx = the sum of delta over the copies.

    With another interpolation (UpSampling2D), z = A_h x A_w.T along height and width with the weights of
    `interpolation.py`; dx = A_h.T delta A_w. docs/derivations/pooling.md

    Args:
        size: an integer, or one for each spatial axis.
        interpolation: 'nearest' (default) or, for two axes, 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'.

    Raises:
        ValueError: an argument is not allowed.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "x enlarged", "dx": "delta of the copies summed"}

    def __init__(self, size: Any = 2, data_format: str | None = None, **options: Any) -> None:
        super().__init__(data_format, **options)
        self.size = along_axes(size, self.rank, "size")

    def resized(self, size: int, axis: int) -> int:
        return size * self.size[axis]

    def forward(self, t: LayerTrace) -> None:
        z = t.x
        for axis in range(self.rank):
            z = np.repeat(z, self.size[axis], axis=self.first + axis)
        t.z = z

    def backward(self, t: LayerTrace) -> None:
        sizes = t.x.shape[self.first : self.first + self.rank]
        blocks = [part for pair in zip(sizes, self.size, strict=True) for part in pair]
        dx = t.delta.reshape((*t.x.shape[: self.first], *blocks, *t.x.shape[self.first + self.rank :]))
        t.dx = np.sum(dx, axis=tuple(self.first + 2 * axis + 1 for axis in range(self.rank)))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}


@layers.register()
class UpSampling1D(OneAxis, UpSampling):
    """`UpSampling` of (batch, steps, channels)."""

    rank = 1

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(at_least_one("size", size), **options)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size[0]}


@layers.register()
class UpSampling2D(interpolated.Interpolated, UpSampling):
    """`UpSampling` of (batch, height, width, channels), also with interpolation 'bilinear', 'bicubic', 'lanczos3'."""

    rank = 2

    def __init__(
        self, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest", **options: Any
    ) -> None:
        super().__init__(size, data_format, **options)
        self.interpolation = one_of("interpolation", interpolation, interpolated.METHODS)

    def forward(self, t: LayerTrace) -> None:
        if self.interpolation == "nearest":
            UpSampling.forward(self, t)
        else:
            super().forward(t)

    def backward(self, t: LayerTrace) -> None:
        if self.interpolation == "nearest":
            UpSampling.backward(self, t)
        else:
            super().backward(t)

    def target(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(size * factor for size, factor in zip(sizes, self.size, strict=True))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"interpolation": self.interpolation}


@layers.register()
class UpSampling3D(UpSampling):
    """`UpSampling` of (batch, depth, height, width, channels)."""

    rank = 3
