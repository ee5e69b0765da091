"""ZeroPadding and Cropping: layers that add to the edges of (batch, *spatial, channels), or cut them off."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import alongside, layers
from ..convolution.base import along_axes
from .base import OneAxis, Resized


def pairs_of(value: Any, rank: int, argument: str) -> tuple[tuple[int, int], ...]:
    """Return (before, after) for each spatial axis.

    Raises:
        ValueError: value is not an integer >= 0, one for each axis, or a pair for each axis.
    """
    values = (value,) * rank if isinstance(value, int | np.integer) else value
    try:
        pairs = tuple(along_axes(pair, 2, argument, least=0) for pair in values)
        if len(pairs) == rank:
            return pairs  # type: ignore[return-value]
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"{argument} must be an integer >= 0, or {rank} of them or of pairs (before, after); received {value!r}"
    )


class ZeroPadding(Resized):
    """z = x with zeros around it; dx = delta without them.

    Args:
        padding: zeros on each side, as an integer, one for each axis, or (before, after) for each axis.

    Raises:
        ValueError: padding is none of these.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "zeros around x", "dx": "delta inside them"}

    def __init__(self, padding: Any = 1, data_format: str | None = None, **options: Any) -> None:
        super().__init__(data_format, **options)
        one_axis = self.rank == 1 and not isinstance(padding, int | np.integer)
        self.pairs = pairs_of((padding,) if one_axis else padding, self.rank, "padding")
        self.padding: Any = self.pairs[0] if self.rank == 1 else self.pairs

    def resized(self, size: int, axis: int) -> int:
        return size + sum(self.pairs[axis])

    def inside(self, x: Any) -> tuple[slice, ...]:
        sizes = x.shape[self.first : self.first + self.rank]
        return self.around(tuple(slice(a, a + size) for (a, _), size in zip(self.pairs, sizes, strict=True)))

    def forward(self, t: LayerTrace) -> None:
        shape = self.compute_output_shape(t.x.shape)
        t.z = alongside(t.x, np.zeros(shape, t.x.dtype))  # type: ignore[arg-type]
        t.z[self.inside(t.x)] = t.x

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta[self.inside(t.x)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"padding": self.padding}


class Cropping(Resized):
    """z = x without its edges; dx = delta with zeros in their place.

    Args:
        cropping: elements cut off each side, as an integer, one for each axis, or (before, after) for each axis.

    Raises:
        ValueError: cropping is none of these; when built, nothing would be left.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "x without edges", "dx": "zeros around delta"}

    def __init__(self, cropping: Any = 0, data_format: str | None = None, **options: Any) -> None:
        super().__init__(data_format, **options)
        one_axis = self.rank == 1 and not isinstance(cropping, int | np.integer)
        self.pairs = pairs_of((cropping,) if one_axis else cropping, self.rank, "cropping")
        self.cropping: Any = self.pairs[0] if self.rank == 1 else self.pairs

    def resized(self, size: int, axis: int) -> int:
        left = size - sum(self.pairs[axis])
        if left < 1:
            raise ValueError(
                f"cropping of {self.name} must leave something of {size} elements; received {self.cropping}"
            )
        return left

    def inside(self, x: Any) -> tuple[slice, ...]:
        sizes = x.shape[self.first : self.first + self.rank]
        return self.around(tuple(slice(a, size - b) for (a, b), size in zip(self.pairs, sizes, strict=True)))

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x[self.inside(t.x)]

    def backward(self, t: LayerTrace) -> None:
        t.dx = alongside(t.delta, np.zeros(t.x.shape, t.delta.dtype))
        t.dx[self.inside(t.x)] = t.delta

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cropping": self.cropping}


@layers.register()
class ZeroPadding1D(ZeroPadding):
    """`ZeroPadding` of (batch, steps, channels); a pair is (before, after)."""

    rank = 1


@layers.register()
class ZeroPadding2D(ZeroPadding):
    """`ZeroPadding` of (batch, height, width, channels)."""

    rank = 2


@layers.register()
class ZeroPadding3D(ZeroPadding):
    """`ZeroPadding` of (batch, depth, height, width, channels)."""

    rank = 3


@layers.register()
class Cropping1D(OneAxis, Cropping):
    """`Cropping` of (batch, steps, channels); a pair is (before, after)."""

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **options: Any) -> None:
        super().__init__(cropping, **options)


@layers.register()
class Cropping2D(Cropping):
    """`Cropping` of (batch, height, width, channels)."""

    rank = 2


@layers.register()
class Cropping3D(Cropping):
    """`Cropping` of (batch, depth, height, width, channels)."""

    rank = 3

    def __init__(self, cropping: Any = 1, data_format: str | None = None, **options: Any) -> None:
        super().__init__(cropping, data_format, **options)
