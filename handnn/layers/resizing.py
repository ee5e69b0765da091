"""ZeroPadding, Cropping and UpSampling: layers that change the spatial sizes of (batch, *spatial, channels)."""

from typing import Any, ClassVar

import numpy as np

from ..core.trace import LayerTrace
from .base import Layer, alongside, check_built_for, layers
from .convolution.base import along_axes, at_least_one, data_format_of, one_of
from .keras_tensor import Shape


class Resized(Layer):
    """Base class of layers that change the sizes of the spatial axes.

    Args:
        data_format: 'channels_last' (default) or 'channels_first'.
    """

    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = data_format_of(data_format)

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Check the rank.

        Raises:
            ValueError: the input has another one, or is smaller than what is cropped.
        """
        if len(input_shape) != self.rank + 2:
            raise ValueError(f"{self.name} needs inputs of {self.rank + 2} axes; received {tuple(input_shape)}")
        self.compute_output_shape(input_shape)
        super().build(input_shape, path)

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        check_built_for(self, shape)
        self.compute_output_shape(shape)
        return self

    @property
    def first(self) -> int:
        """The first spatial axis."""
        return 2 if self.data_format == "channels_first" else 1

    def around(self, inside: tuple[slice, ...]) -> tuple[slice, ...]:
        """Return an index of the spatial axes as one of the whole array."""
        return (*(slice(None),) * self.first, *inside)

    def resized(self, size: int, axis: int) -> int:
        """Return the new size of a spatial axis."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        found = list(input_shape)
        for axis in range(self.rank):
            size = found[self.first + axis]
            found[self.first + axis] = None if size is None else self.resized(size, axis)
        return tuple(found)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format}


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


class UpSampling(Resized):
    """z = x with each element repeated `size` times along each axis; dx = the sum of delta over the copies.

    With interpolation 'bilinear' (UpSampling2D), z = A_h x A_w.T along height and width, where row i of A holds the
    two weights of the neighbours of (i + 1/2) / size - 1/2, cut off at the edges; dx = A_h.T delta A_w.
    docs/derivations/pooling.md

    Args:
        size: an integer, or one for each spatial axis.
        interpolation: 'nearest' (default) or, for two axes, 'bilinear'.

    Raises:
        ValueError: an argument is not allowed.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "x enlarged", "dx": "delta of the copies summed"}
    interpolation = "nearest"

    def __init__(self, size: Any = 2, data_format: str | None = None, **options: Any) -> None:
        super().__init__(data_format, **options)
        self.size = along_axes(size, self.rank, "size")

    def resized(self, size: int, axis: int) -> int:
        return size * self.size[axis]

    def matrix(self, like: Any, n: int, factor: int) -> Any:
        """Return A of an axis of n elements, (n factor, n), with the type of an array.

        TensorFlow computes the places in float32, so a weight is off by 3 u (place + 1) where factor is no power of 2.
        """
        place = np.maximum((np.arange(n * factor) + 0.5) / factor - 0.5, 0)
        lower, rows = np.minimum(np.floor(place).astype(int), n - 1), np.arange(n * factor)
        upper, weight = np.minimum(lower + 1, n - 1), place - np.floor(place)
        A, off = np.zeros((n * factor, n)), np.zeros((n * factor, n))
        np.add.at(A, (rows, lower), 1 - weight)
        np.add.at(A, (rows, upper), weight)
        if isinstance(like, np.ndarray):
            return A.astype(like.dtype)
        if factor & (factor - 1) and like.dtype == "float32":
            off[rows, lower] = off[rows, upper] = 1.5 * np.finfo("float32").eps * (place + 1)
        return type(like)(A.astype(like.dtype), off)

    def forward(self, t: LayerTrace) -> None:
        z = t.x
        for axis in range(self.rank):
            place, factor = self.first + axis, self.size[axis]
            if self.interpolation == "nearest":
                z = np.repeat(z, factor, axis=place)
            else:
                z = along(z, self.matrix(z, z.shape[place], factor).T, place)
        t.z = z

    def backward(self, t: LayerTrace) -> None:
        dx = t.delta
        if self.interpolation == "nearest":
            sizes = t.x.shape[self.first : self.first + self.rank]
            blocks = [part for pair in zip(sizes, self.size, strict=True) for part in pair]
            dx = dx.reshape((*t.x.shape[: self.first], *blocks, *t.x.shape[self.first + self.rank :]))
            t.dx = np.sum(dx, axis=tuple(self.first + 2 * axis + 1 for axis in range(self.rank)))
            return
        for axis in range(self.rank):
            place = self.first + axis
            dx = along(dx, self.matrix(dx, t.x.shape[place], self.size[axis]), place)
        t.dx = dx

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}


def along(array: Any, matrix: Any, axis: int) -> Any:
    """Return an array multiplied by a matrix along one axis."""
    return np.moveaxis(np.matmul(np.moveaxis(array, axis, -1), matrix), -1, axis)


def _in_float32(layer: UpSampling, t: LayerTrace, given: str, result: str, formula: Any) -> None:
    """Run a formula on `Bounded` arrays as Keras does: bilinear in float32, whatever the layer's dtype."""
    array = getattr(t, given)
    if layer.interpolation == "nearest" or array.dtype == "float32":
        formula(t)
        return
    off = np.abs(array.value) * float(np.finfo("float32").eps) / 2
    setattr(t, given, type(array)(array.value.astype("float32"), array.error + off))
    formula(t)
    found = getattr(t, result)
    setattr(t, given, array)
    setattr(t, result, type(array)(found.value.astype(array.dtype), found.error))


class OneAxis:
    """Mixin: Keras' class for one axis has no data_format, so the config has none."""

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        del config["data_format"]
        return config


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


@layers.register()
class UpSampling1D(OneAxis, UpSampling):
    """`UpSampling` of (batch, steps, channels)."""

    rank = 1

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(at_least_one("size", size), **options)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size[0]}


@layers.register()
class UpSampling2D(UpSampling):
    """`UpSampling` of (batch, height, width, channels), also with interpolation 'bilinear'."""

    rank = 2

    def __init__(
        self, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest", **options: Any
    ) -> None:
        super().__init__(size, data_format, **options)
        self.interpolation = one_of("interpolation", interpolation, ("nearest", "bilinear"))

    def keras_forward(self, t: LayerTrace) -> None:
        """Compute a bilinear z in float32: TensorFlow resizes pictures in no other type."""
        _in_float32(self, t, "x", "z", self.forward)

    def keras_backward(self, t: LayerTrace) -> None:
        """Compute a bilinear dx in float32."""
        _in_float32(self, t, "delta", "dx", self.backward)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"interpolation": self.interpolation}


@layers.register()
class UpSampling3D(UpSampling):
    """`UpSampling` of (batch, depth, height, width, channels)."""

    rank = 3
