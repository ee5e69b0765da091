"""Dropout and noise layers, which draw random numbers in training, and ActivityRegularization."""

import math
from typing import Any, ClassVar

import numpy as np

from .. import regularizers
from ..core.stacking import Generators
from ..core.trace import LayerTrace
from ..core.variable import Array, as_array
from ..utils import new_seed
from .base import Layer, check_built_for, layers
from .convolution.base import data_format_of

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
SATURATION = -SELU_ALPHA * SELU_SCALE
"""The limit of selu for very negative z: -1.758."""


class Chance(Layer):
    """Base class of layers that draw t.mask in training and return x in inference.

    A given mask is used, so that this layer and the Keras twin can be compared under the same one; otherwise a mask is
    drawn. Its contents depend on the layer.

    Raises:
        ValueError: rate is not in [0, 1], or seed is neither None nor an integer >= 0.
    """

    builds, supports_masking, stacks = False, True, True
    rate: float
    """The amount of randomness, from 0 to 1; with 0 nothing is drawn."""

    def __init__(self, rate: float, seed: int | None, argument: str = "rate", **options: Any) -> None:
        super().__init__(**options)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ValueError(f"{argument} must be a number in [0, 1]; received {rate!r}")
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be None or an integer >= 0; received {seed!r}")
        self.rate, self._given_seed = rate, seed
        self.generator: Any = np.random.default_rng(new_seed() if seed is None else seed)

    def is_identity(self, training: bool) -> bool:
        return not training or self.rate == 0

    def draw(self, shape: tuple[int, ...]) -> Array:
        """Draw a mask for inputs of this shape."""
        raise NotImplementedError

    def drawn_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the independent draws."""
        return shape

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        if mask is not None:
            t.mask = as_array(mask).astype(self.dtype, copy=False)
        else:
            t.mask = None if self.is_identity(t.training) else self.draw(t.x.shape)

    def stack(self, layers: list[Layer]) -> None:
        own: list[Any] = layers
        self.generator = Generators([layer.generator for layer in own])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self._given_seed}


class Dropping(Chance):
    """Base class of layers that drop each element with probability `rate`.

    Args:
        rate: the probability.
        noise_shape: shape of the draw; None takes the input's size. Axes that are missing or 1 share their draw.
        seed: makes the draws repeatable.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any) -> None:
        super().__init__(rate, seed, **options)
        if noise_shape is not None and not (
            isinstance(noise_shape, tuple | list)
            and all(size is None or (isinstance(size, int) and size > 0) for size in noise_shape)
        ):
            raise ValueError(f"noise_shape must be None or a shape, of integers > 0 and None; received {noise_shape!r}")
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    def drawn_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        drawn = tuple(full if size is None else size for size, full in zip(self.noise_shape, shape, strict=False))
        if len(self.noise_shape) > len(shape) or any(
            size not in (1, full) for size, full in zip(drawn[::-1], shape[::-1], strict=False)
        ):
            raise ValueError(f"noise_shape {self.noise_shape} of {self.name} does not fit an input of shape {shape}")
        return drawn

    def can_stack(self) -> bool:
        return super().can_stack() and self.noise_shape is None

    def keep(self, shape: tuple[int, ...]) -> Array:
        """Draw which elements are kept."""
        return self.generator.random(self.drawn_shape(shape)) >= self.rate

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"noise_shape": self.noise_shape}


@layers.register()
class Dropout(Dropping):
    """z = x * mask, dx = delta * mask, with mask = 0 with probability `rate` and 1/(1 - rate) otherwise.

    In inference z = x. Srivastava et al. (2014).
    """

    formulas: ClassVar[dict[str, str]] = {"z": "x * mask", "dx": "delta * mask", "mask": "0 or 1/(1 - rate)"}

    def draw(self, shape: tuple[int, ...]) -> Array:
        scale = 1 / (1 - self.rate) if self.rate < 1 else 0
        return np.broadcast_to(self.keep(shape) * np.asarray(scale, self.dtype), shape)

    def forward(self, t: LayerTrace) -> None:
        t.z = _kept(t.x, t.mask, t.z) if t.mask is not None else t.x

    def backward(self, t: LayerTrace) -> None:
        t.dx = _kept(t.delta, t.mask, t.dx) if t.mask is not None else t.delta


@np.errstate(invalid="ignore", over="ignore")
def _kept(values: Array, mask: Array, out: Array | None) -> Array:
    """Return values * mask. Dropped elements are 0 even if they were NaN or infinite, because Keras uses a select."""
    product = np.multiply(values, mask, out=out)
    flat = product.reshape(-1)
    if np.isfinite(np.dot(flat, flat)):  # the usual case: one dot product shows that all are finite
        return product
    return np.where(mask == 0, product.dtype.type(0), product)


class SpatialDropout(Dropout):
    """`Dropout` of whole channels: all places of a sample share one draw for each channel. Tompson et al. (2014).

    As in Keras, it takes no `trainable` and no `activity_regularizer`.

    Args:
        rate: the probability that a channel is dropped.
        data_format: 'channels_last' (default) or 'channels_first'.
        seed: makes the draws repeatable.

    Raises:
        ValueError: rate or data_format is not allowed; when built, the input has another rank.
    """

    rank: ClassVar[int]
    stacks = False

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.data_format = data_format_of(data_format)
        shared = (1,) * self.rank
        noise_shape = (None, None, *shared) if self.data_format == "channels_first" else (None, *shared, None)
        super().__init__(rate, noise_shape, seed, name=name, dtype=dtype)

    def make_weights(self, path: str) -> None:
        if len(self.input_shape) != self.rank + 2:
            raise ValueError(f"{self.name} needs an input of {self.rank + 2} axes, not {self.input_shape}")

    def fitted(self, shape: Any) -> Layer:
        check_built_for(self, shape)
        return self

    def get_config(self) -> dict[str, Any]:
        config = {"rate": self.rate, "seed": self._given_seed, "name": self.name, "dtype": self.dtype}
        return config if self.rank == 1 else config | {"data_format": self.data_format}


@layers.register()
class SpatialDropout1D(SpatialDropout):
    """`SpatialDropout` of (batch, steps, features): all steps of a sample share one draw."""

    rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, None, seed, name, dtype)


@layers.register()
class SpatialDropout2D(SpatialDropout):
    """`SpatialDropout` of (batch, height, width, channels)."""

    rank = 2


@layers.register()
class SpatialDropout3D(SpatialDropout):
    """`SpatialDropout` of (batch, depth, height, width, channels)."""

    rank = 3


@layers.register()
class AlphaDropout(Dropping):
    """z = a (x mask + s (1 - mask)) + b, dx = a delta mask, with mask = 0 with probability `rate` and 1 otherwise.

    Dropped elements become s = -1.758, where selu saturates, instead of 0; a and b keep mean 0 and variance 1:

        a = 1 / sqrt((1 - rate) (1 + rate s^2))     b = -a rate s

    docs/derivations/alpha-dropout.md. In inference z = x. With rate = 1, training raises ValueError, where Keras
    divides by zero. Klambauer et al. (2017).
    """

    formulas: ClassVar[dict[str, str]] = {
        "z": "a (x * mask + s (1 - mask)) + b",
        "dx": "a delta * mask",
        "mask": "0 or 1",
    }

    def affine(self) -> tuple[float, float]:
        """Return a and b."""
        a = ((1 - self.rate) * (1 + self.rate * SATURATION**2)) ** -0.5
        return a, -a * SATURATION * self.rate

    def draw(self, shape: tuple[int, ...]) -> Array:
        _below_1(self)
        return np.broadcast_to(self.keep(shape).astype(self.dtype), shape)

    def forward(self, t: LayerTrace) -> None:
        if t.mask is None:
            t.z = t.x
            return
        a, b = self.affine()
        t.z = np.multiply(t.x, t.mask, out=t.z)
        t.z += SATURATION * (1 - t.mask)
        t.z *= a
        t.z += b

    def backward(self, t: LayerTrace) -> None:
        if t.mask is None:
            t.dx = t.delta
            return
        a, _ = self.affine()
        t.dx = np.multiply(t.delta, a, out=t.dx)
        t.dx *= t.mask


@layers.register()
class GaussianDropout(Chance):
    """z = x * mask, dx = delta * mask, with a normal mask of mean 1 and variance rate / (1 - rate).

    Dropout's mask has the same mean and variance. In inference z = x. With rate = 1, training raises ValueError, where
    Keras divides by zero. Srivastava et al. (2014), section 10.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "x * mask", "dx": "delta * mask"}

    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(rate, seed, **options)

    def draw(self, shape: tuple[int, ...]) -> Array:
        _below_1(self)
        return _normal(self, shape, 1, math.sqrt(self.rate / (1 - self.rate)))

    def forward(self, t: LayerTrace) -> None:
        t.z = np.multiply(t.x, t.mask, out=t.z) if t.mask is not None else t.x

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.multiply(t.delta, t.mask, out=t.dx) if t.mask is not None else t.delta


@layers.register()
class GaussianNoise(Chance):
    """z = x + mask, dx = delta, with a normal mask of mean 0 and standard deviation `stddev`. In inference z = x."""

    formulas: ClassVar[dict[str, str]] = {"z": "x + mask", "dx": "delta"}

    def __init__(self, stddev: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(stddev, seed, "stddev", **options)

    @property
    def stddev(self) -> float:
        return self.rate

    def draw(self, shape: tuple[int, ...]) -> Array:
        return _normal(self, shape, 0, self.stddev)

    def forward(self, t: LayerTrace) -> None:
        t.z = np.add(t.x, t.mask, out=t.z) if t.mask is not None else t.x

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config | {"stddev": config.pop("rate")}


def _normal(layer: Chance, shape: tuple[int, ...], mean: float, stddev: float) -> Array:
    drawn = layer.generator.standard_normal(shape, dtype=np.dtype(layer.dtype).type)
    drawn *= stddev
    drawn += mean
    return drawn


def _below_1(layer: Any) -> None:
    if layer.rate == 1:
        raise ValueError(f"rate of {type(layer).__name__} {layer.name} must be below 1 in training; received 1")


@layers.register()
class ActivityRegularization(Layer):
    """z = x, and adds (l1 sum |x| + l2 sum x^2) / n to the loss, with n the number of samples.

    dx = delta + (l1 sign(x) + 2 l2 x) / n; the second term enters through the upstream, as for any
    `activity_regularizer`.
    """

    builds, supports_masking = False, True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **options)
        self.l1, self.l2 = l1, l2

    def is_identity(self, training: bool) -> bool:
        return True

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]
        return config | {"l1": self.l1, "l2": self.l2}
