"""Global pooling: one number for each channel of a sample."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import Layer, check_built_for, layers
from ..convolution.base import data_format_of
from ..keras_tensor import Shape


class GlobalPooling(Layer):
    """Base class: (batch, *spatial, channels) -> (batch, channels).

    Args:
        data_format: 'channels_last' (default) or 'channels_first'.
        keepdims: whether the spatial axes stay, with size 1.

    Raises:
        ValueError: data_format is neither; when built, the input has another rank.
    """

    builds = False
    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.data_format, self.keepdims = data_format_of(data_format), keepdims
        first = 1 if self.data_format == "channels_last" else 2
        self.axes = tuple(range(first, first + self.rank))

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Check the rank.

        Raises:
            ValueError: the input has another one.
        """
        if len(input_shape) != self.rank + 2:
            raise ValueError(f"{self.name} needs inputs of {self.rank + 2} axes; received {tuple(input_shape)}")
        super().build(input_shape, path)

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        check_built_for(self, shape)
        return self

    def wide(self, array: Any, x: Any) -> Any:
        """Return z or delta with the spatial axes, so that it can be broadcast against x."""
        return array.reshape(tuple(1 if axis in self.axes else size for axis, size in enumerate(x.shape)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes = enumerate(input_shape)
        if self.keepdims:
            return tuple(1 if axis in self.axes else size for axis, size in axes)
        return tuple(size for axis, size in axes if axis not in self.axes)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format, "keepdims": self.keepdims}


class GlobalMaxPooling(GlobalPooling):
    """z[n, c] = the largest x over all places; equal maxima receive equal shares of delta, as in TensorFlow."""

    uses_cache = True
    formulas: ClassVar[dict[str, str]] = {"z": "max over all places", "dx": "delta at the maxima, shared"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.max(t.x, axis=self.axes, keepdims=self.keepdims)
        x = t.x if isinstance(t.x, np.ndarray) else t.x.value
        t.cache["largest"] = x == np.max(x, axis=self.axes, keepdims=True)

    def backward(self, t: LayerTrace) -> None:
        largest = t.cache["largest"]
        share = self.wide(t.delta, t.x) / np.sum(largest, axis=self.axes, keepdims=True, dtype=t.delta.dtype)
        t.dx = share * largest.astype(t.delta.dtype)  # a product, as in TensorFlow: 0 times infinity is NaN


class GlobalAveragePooling(GlobalPooling):
    """z[n, c] = the mean of x over all places; dx = delta / their number at every place."""

    formulas: ClassVar[dict[str, str]] = {"z": "mean over all places", "dx": "delta / number of places"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.mean(t.x, axis=self.axes, keepdims=self.keepdims)

    def backward(self, t: LayerTrace) -> None:
        number = int(np.prod([t.x.shape[axis] for axis in self.axes]))
        t.dx = np.broadcast_to(self.wide(t.delta, t.x) / number, t.x.shape)


@layers.register("GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """`GlobalMaxPooling` over (batch, steps, channels)."""

    rank = 1


@layers.register("GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """`GlobalMaxPooling` over (batch, height, width, channels)."""

    rank = 2


@layers.register("GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """`GlobalMaxPooling` over (batch, depth, height, width, channels)."""

    rank = 3


@layers.register("GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """`GlobalAveragePooling` over (batch, steps, channels).

    With a mask, only the steps that count do: z = their sum / their number, and dx = delta / their number there, 0
    elsewhere. A sample without any such step gives NaN, as in Keras.
    """

    rank = 1
    supports_masking = True

    def forward(self, t: LayerTrace) -> None:
        if t.input_mask is None:
            super().forward(t)
            return
        counts = self.counting(t)
        total = np.sum(np.where(counts, t.x, t.x.dtype.type(0)), axis=self.axes, keepdims=self.keepdims)
        t.z = total / np.sum(counts, axis=self.axes, keepdims=self.keepdims, dtype=t.x.dtype)

    def backward(self, t: LayerTrace) -> None:
        if t.input_mask is None:
            super().backward(t)
            return
        counts = self.counting(t)
        share = self.wide(t.delta, t.x) / np.sum(counts, axis=self.axes, keepdims=True, dtype=t.delta.dtype)
        t.dx = np.where(np.broadcast_to(counts, t.x.shape), share, t.delta.dtype.type(0))

    def counting(self, t: LayerTrace) -> Any:
        """Return the mask with an axis of size 1 for the channels."""
        return np.expand_dims(t.input_mask, 3 - self.axes[0])

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return None: there are no steps left."""
        return None


@layers.register("GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """`GlobalAveragePooling` over (batch, height, width, channels)."""

    rank = 2


@layers.register("GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """`GlobalAveragePooling` over (batch, depth, height, width, channels)."""

    rank = 3
