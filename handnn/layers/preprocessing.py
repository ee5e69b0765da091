"""Rescaling and Normalization: bring data to a common scale with constants that are not trained."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from .. import initializers
from ..config import epsilon, image_data_format
from ..core.trace import LayerTrace
from ..core.variable import Array, Variable, finite_array, real_array
from .base import Layer, alongside, layers


@layers.register()
class Rescaling(Layer):
    """z = x * scale + offset, dx = delta * scale.

    Args:
        scale, offset: numbers, or arrays that can be broadcast to the shape of x. Floats and lists of floats become
            float32 first, in float64 layers too, as in Keras; arrays do not. While `config.image_data_format()` is
            'channels_first', a scale with axes gets axes of 1 at its end, up to 3.

    Raises:
        ValueError: scale or offset is not finite; when built, its shape does not fit the input.
    """

    supports_masking = True
    formulas: ClassVar[dict[str, str]] = {"z": "x scale + offset", "dx": "delta scale"}

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale, self.offset = scale, offset
        self.scale_value, self.offset_value = self.constant(scale, "scale"), self.constant(offset, "offset")

    def constant(self, given: Any, argument: str) -> Array:
        narrow = not isinstance(given, np.ndarray) and real_array(given, argument).dtype.kind == "f"
        return finite_array(finite_array(given, argument, "float32") if narrow else given, argument, self.dtype)

    @property
    def scale_of_channels(self) -> Array:
        """The scale, broadcast as the data format wants it."""
        value = self.scale_value
        if value.ndim and image_data_format() == "channels_first":
            return value.reshape(value.shape + (1,) * (3 - value.ndim))
        return value

    def make_weights(self, path: str) -> None:
        shape = tuple(size or 1 for size in self.input_shape)
        for argument, value in (("scale", self.scale_of_channels), ("offset", self.offset_value)):
            if not can_be_broadcast(value.shape, shape):
                raise ValueError(
                    f"{argument} of {self.name} must fit its input {self.input_shape}; received shape {value.shape}"
                )

    def forward(self, t: LayerTrace) -> None:
        t.z = np.multiply(t.x, self.scale_of_channels, out=t.z)
        t.z += self.offset_value

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.multiply(t.delta, self.scale_of_channels, out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scale": _serialized(self.scale), "offset": _serialized(self.offset)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Rescaling":
        return cls(**config | {name: _deserialized(config[name]) for name in ("scale", "offset") if name in config})


def _serialized(value: Any) -> Any:
    """Return a number, list or array in the form of Keras' config."""
    if isinstance(value, np.ndarray | np.generic):
        if value.ndim == 0:
            return value.item()
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    return value


def _deserialized(value: Any) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        return np.array(value["config"]["value"], value["config"]["dtype"])
    return value


@layers.register()
class Normalization(Layer):
    """z = (x - mean) / s with s = max(sqrt(variance), 1e-7), dx = delta / s; inverted z = mean + x * s, dx = delta * s.

    Mean and variance are given, or computed from data by `adapt` and stored as non-trainable weights. Before `adapt`
    they are 0 and 1.

    Args:
        axis: one or several, with a mean and a variance for each index along them; None for a single mean and variance.
        mean, variance: numbers or arrays that can be broadcast to the sizes of these axes. They become float32 first,
            as in every Keras layer that is made from a config.
        invert: whether to undo the normalization.

    Raises:
        TypeError: axis is not None, an integer or a list of integers.
        ValueError: only one of mean and variance is given, their shapes differ, or variance < 0.

    Departures: `set_weights` takes effect at once (in Keras after `finalize_state`); a negative variance is an error.
    """

    running_statistics = ("mean", "variance", "count")
    formulas: ClassVar[dict[str, str]] = {"z": "(x - mean) / s", "dx": "delta / s"}

    supports_masking = True

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        axes = () if axis is None else axis if isinstance(axis, list | tuple) else (axis,)
        if not all(isinstance(a, int | np.integer) and not isinstance(a, bool) for a in axes):
            raise TypeError(f"axis must be None, an integer or a list of integers; received {axis!r}")
        if (mean is None) != (variance is None):
            raise ValueError(f"mean and variance must be given together; received mean={mean!r}, variance={variance!r}")
        self.axis, self.invert = tuple(int(a) for a in axes), invert
        self.input_mean, self.input_variance = mean, variance
        if mean is not None:
            self._check_given()
        self.adapt_mean: Variable
        self.adapt_variance: Variable

    def _check_given(self) -> None:
        mean, variance = (self.constant(argument) for argument in ("mean", "variance"))
        if mean.shape != variance.shape:
            raise ValueError(f"mean and variance must have one shape; received {mean.shape} and {variance.shape}")
        if mean.ndim > len(self.axis):
            raise ValueError(f"mean must not have more axes than axis={self.axis}; received shape {mean.shape}")
        if (variance < 0).any():
            raise ValueError(f"variance must not be negative; received {self.input_variance!r}")

    def constant(self, argument: str) -> Array:
        """Return the given mean or variance as float32, or as int64 if it is integers."""
        given = getattr(self, f"input_{argument}")
        return finite_array(given, argument, "float32" if real_array(given, argument).dtype.kind == "f" else "int64")

    def make_weights(self, path: str) -> None:
        rank = len(self.input_shape)
        if any(a not in range(-rank, rank) for a in self.axis):
            raise ValueError(f"axis of {self.name} must be in its input {self.input_shape}; received {self.axis}")
        self.kept_axes = sorted(a % rank for a in self.axis)
        shape = tuple(self.input_shape[a] for a in self.kept_axes)
        if None in shape:
            raise ValueError(f"{self.name} needs known sizes along axis {self.axis}; its input is {self.input_shape}")
        self.axes = tuple(i for i in range(rank) if i not in self.kept_axes)
        self.broadcast_shape = tuple(self.input_shape[i] if i in self.kept_axes else 1 for i in range(rank))
        self.weights = []
        if self.input_mean is None:
            self.adapt_mean = self.new_weight(path, "mean", shape, initializers.get("zeros"))
            self.adapt_variance = self.new_weight(path, "variance", shape, initializers.get("ones"))
            self.weights.append(Variable(np.zeros((), "int64"), name="count", path=f"{path}/count", trainable=False))
        elif not can_be_broadcast(np.shape(self.input_mean), shape):
            given = np.shape(self.input_mean)
            raise ValueError(f"mean of {self.name} must fit the sizes {shape} of its axes; received shape {given}")

    def mean_and_deviation(self, x: Any) -> tuple[Any, Any]:
        """Return mean and s, broadcast for x and with its array type."""
        mean, variance = self.mean, self.variance
        return mean, np.maximum(np.sqrt(alongside(x, variance)), epsilon())

    @property
    def mean(self) -> Array:
        """The mean, as it is broadcast over inputs."""
        return self._broadcast("mean")

    @property
    def variance(self) -> Array:
        """The variance, as it is broadcast over inputs."""
        return self._broadcast("variance")

    def _broadcast(self, argument: str) -> Array:
        if self.input_mean is None:
            value = getattr(self, f"adapt_{argument}").value
        else:
            value = self.constant(argument).astype(self.dtype)
        kept = tuple(self.broadcast_shape[a] for a in self.kept_axes)
        return np.broadcast_to(value, kept).reshape(self.broadcast_shape)

    def forward(self, t: LayerTrace) -> None:
        mean, s = self.mean_and_deviation(t.x)
        if self.invert:
            t.z = np.multiply(t.x, s, out=t.z)
            t.z += mean
        else:
            t.z = np.subtract(t.x, mean, out=t.z)
            t.z /= s

    def backward(self, t: LayerTrace) -> None:
        _, s = self.mean_and_deviation(t.delta)
        t.dx = (np.multiply if self.invert else np.divide)(t.delta, s, out=t.dx)

    def adapt(self, data: Any) -> None:
        """Set mean and variance from `data`, an array or an iterable of batches; build the layer if necessary.

        Batches are merged one after the other. With m_k, v_k of batch k and its share w of all elements so far,
        m = (1 - w) m + w m_k and v = (1 - w) (v + (m_old - m)^2) + w (v_k + (m_k - m)^2).

        Raises:
            TypeError: data is neither an array nor an iterable of arrays.
            ValueError: data is empty, is not finite or does not fit the input; or mean and variance were given.
        """
        if self.input_mean is not None:
            raise ValueError(f"{self.name} has a given mean and variance, so adapt has nothing to compute")
        if isinstance(data, np.ndarray):
            array = finite_array(data, "data", data.dtype)
            self._fit_shape(array)
            mean, variance = np.mean(array, axis=self.axes), np.var(array, axis=self.axes)
        else:
            mean, variance = self._joined(data)
        self.adapt_mean.value[...] = mean
        self.adapt_variance.value[...] = variance

    def _joined(self, batches: Iterable[Any]) -> tuple[Any, Any]:
        if not isinstance(batches, Iterable):
            raise TypeError(f"data must be an array or an iterable of batches; received {type(batches).__name__}")
        mean = variance = np.zeros((), self.dtype)
        count = 0
        for given in batches:
            batch = finite_array(given[0] if isinstance(given, tuple) else given, "a batch of data", self.dtype)
            if not batch.ndim:
                raise TypeError(f"a batch of data must be an array with an axis of samples; received {given!r}")
            self._fit_shape(batch)
            count += batch.size
            share = batch.size / count
            own_mean, own_variance = np.mean(batch, axis=self.axes), np.var(batch, axis=self.axes)
            before, mean = mean, mean * (1 - share) + own_mean * share
            variance = (variance + (before - mean) ** 2) * (1 - share) + (own_variance + (own_mean - mean) ** 2) * share
        if not count:
            raise ValueError("data must hold at least one batch; received none")
        return mean, variance

    def _fit_shape(self, data: Array) -> None:
        """Build the layer for data of this shape; if already built, check the sizes of the kept axes."""
        if not data.size:
            raise ValueError(f"data must hold at least one sample; received shape {data.shape}")
        if not self.built:
            self.build(data.shape)
        fits = data.ndim == len(self.input_shape)
        if not fits or any(data.shape[a] != self.input_shape[a] for a in self.kept_axes):
            raise ValueError(f"data must fit the input {self.input_shape} of {self.name}; received shape {data.shape}")

    def get_config(self) -> dict[str, Any]:
        given = {"mean": np.array(self.input_mean).tolist(), "variance": np.array(self.input_variance).tolist()}
        return super().get_config() | {"axis": self.axis, "invert": self.invert} | given


def can_be_broadcast(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Return whether an array of this shape can be broadcast to shape `to`."""
    pairs = zip(reversed(shape), reversed(to), strict=False)
    return len(shape) <= len(to) and all(size in (1, wanted) for size, wanted in pairs)
