"""Random initializers.

With an integer seed, an initializer returns the same values each time; without one, it draws a seed when created, as in
Keras. The random streams are NumPy's, not TensorFlow's: the same seed gives other numbers of the same distribution, so
the Keras twin gets the arrays themselves.
"""

import math
from typing import Any

import numpy as np

from ..core.variable import Array, initializers
from ..random import SeedGenerator
from ..utils import new_seed
from .base import Initializer, Shape


class RandomInitializer(Initializer):
    """Base class of the random initializers, with their seed.

    Raises:
        ValueError: seed is neither None nor an integer >= 0, nor a `SeedGenerator`, which gives other values each time.
    """

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, dict):  # of a config
            seed = SeedGenerator.from_config(seed["config"])
        generates = isinstance(seed, SeedGenerator)
        if seed is not None and not generates and (not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be None, an integer >= 0 or a SeedGenerator; received {seed!r}")
        self._given_seed = seed
        self._seeds: SeedGenerator | None = seed if generates else None
        self.seed: int = 0 if generates else new_seed() if seed is None else int(seed)

    def stream(self) -> np.random.Generator:
        """Return the random stream of the next draw."""
        return np.random.default_rng(self.seed if self._seeds is None else self._seeds.next())

    def seed_config(self) -> Any:
        """Return the seed as a config holds it."""
        if self._seeds is None:
            return self._given_seed
        config = self._seeds.get_config()
        return {"module": "keras.random", "class_name": "SeedGenerator", "config": config, "registered_name": None}

    def draw(self, distribution: str, shape: Shape, dtype: str, centre: float, width: float) -> Array:
        """Draw `centre + width * r`, with r uniform in [-1, 1), standard normal, or normal truncated at +-2."""
        generator = self.stream()
        if distribution == "uniform":
            values = generator.uniform(-1.0, 1.0, shape)
        else:
            values = generator.standard_normal(shape)
        if distribution == "truncated_normal":
            while (outside := np.abs(values) > 2).any():
                values[outside] = generator.standard_normal(int(outside.sum()))
        return (centre + width * values).astype(dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed_config()}


@initializers.register("normal")
class RandomNormal(RandomInitializer):
    """Normal distribution with the given mean and standard deviation."""

    distribution = "normal"

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        return self.draw(self.distribution, shape, dtype, self.mean, self.stddev)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mean": self.mean, "stddev": self.stddev}


@initializers.register()
class TruncatedNormal(RandomNormal):
    """Normal distribution whose values beyond two standard deviations are redrawn."""

    distribution = "truncated_normal"


@initializers.register("uniform")
class RandomUniform(RandomInitializer):
    """Uniform distribution between `minval` and `maxval`."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        centre, half = (self.maxval + self.minval) / 2, (self.maxval - self.minval) / 2
        return self.draw("uniform", shape, dtype, centre, half)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"minval": self.minval, "maxval": self.maxval}


TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of a standard normal distribution truncated at +-2."""


@initializers.register()
class VarianceScaling(RandomInitializer):
    """Values of variance `scale / n`, n = fan_in, fan_out or their mean.

    W of shape (inputs, units) has fan_in = inputs and fan_out = units.
    Normal: stddev = sqrt(scale / n), divided by 0.8796 if truncated. Uniform: limit = sqrt(3 scale / n).

    Raises:
        ValueError: scale is not > 0, or mode, distribution or seed is not allowed.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: list[int] | None = None,
        output_axes: list[int] | None = None,
    ) -> None:
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"scale must be > 0; received {scale}")
        _one_of("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        distribution = distribution.lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        _one_of("distribution", distribution, ("uniform", "truncated_normal", "untruncated_normal"))
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        width = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            width *= math.sqrt(3.0)
        elif self.distribution == "truncated_normal":
            width /= TRUNCATED_DEVIATION
        return self.draw(self.distribution, shape, dtype, 0.0, width)

    def get_config(self) -> dict[str, Any]:
        own = {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}
        return super().get_config() | own | {"input_axes": self.input_axes, "output_axes": self.output_axes}


class _Named(VarianceScaling):
    """Base class of published choices of scale, mode and distribution."""

    choice: tuple[float, str, str]

    def __init__(
        self,
        seed: Any = None,
        input_axes: list[int] | None = None,
        output_axes: list[int] | None = None,
    ) -> None:
        super().__init__(*self.choice, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed_config(), "input_axes": self.input_axes, "output_axes": self.output_axes}


@initializers.register()
class GlorotUniform(_Named):
    """limit = sqrt(6 / (fan_in + fan_out)). Glorot & Bengio (2010)."""

    choice = (1.0, "fan_avg", "uniform")


@initializers.register()
class GlorotNormal(_Named):
    """stddev = sqrt(2 / (fan_in + fan_out)), truncated. Glorot & Bengio (2010)."""

    choice = (1.0, "fan_avg", "truncated_normal")


@initializers.register()
class HeUniform(_Named):
    """limit = sqrt(6 / fan_in). He et al. (2015)."""

    choice = (2.0, "fan_in", "uniform")


@initializers.register()
class HeNormal(_Named):
    """stddev = sqrt(2 / fan_in), truncated. He et al. (2015)."""

    choice = (2.0, "fan_in", "truncated_normal")


@initializers.register()
class LecunUniform(_Named):
    """limit = sqrt(3 / fan_in). LeCun et al. (1998)."""

    choice = (1.0, "fan_in", "uniform")


@initializers.register()
class LecunNormal(_Named):
    """stddev = sqrt(1 / fan_in), truncated. LeCun et al. (1998)."""

    choice = (1.0, "fan_in", "truncated_normal")


@initializers.register("OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """`gain` times a uniformly distributed matrix with orthonormal columns (or rows, if there are fewer).

    It is Q of A = Q R, where A holds standard normals, with each column multiplied by the sign of R's diagonal. The
    signs make Q unique, so that its distribution is invariant under rotations, as A's is (Mezzadri, 2007). With more
    than two axes, all but the last are flattened into one. Saxe et al. (2014).
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        if len(shape) < 2:
            raise ValueError(f"shape must have two axes or more for Orthogonal; received {tuple(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = max(rows, columns), min(rows, columns)
        q, r = np.linalg.qr(self.draw("normal", tall, "float64", 0.0, 1.0))
        q *= np.sign(np.diagonal(r))
        values = q.T if rows < columns else q
        return np.asarray(self.gain, dtype) * values.reshape(shape).astype(dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"gain": self.gain}


def fans(shape: Shape, input_axes: list[int] | None = None, output_axes: list[int] | None = None) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight's shape, by Keras' rule."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[i] for i in input_axes), math.prod(shape[i] for i in output_axes)
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


def _one_of(argument: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{argument} must be one of {', '.join(allowed)}; received {value!r}")
