"""Random arrays with the names of `keras.random`. The numbers are NumPy's, not those of Keras for the same seed."""

from typing import Any

import numpy as np

from .config import floatx
from .core.variable import Array, as_array
from .utils import new_seed


class SeedGenerator:
    """A stream of random numbers; without a seed, by the global one.

    Raises:
        ValueError: seed is not an integer >= 0.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **unused: Any) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be an integer >= 0; received {seed!r}")
        self.initial_seed = seed
        self.name = name or "seed_generator"
        self.generator = np.random.default_rng(new_seed() if seed is None else int(seed))

    def next(self) -> int:
        """Return the seed of the next draw."""
        return int(self.generator.integers(1, 10**9))

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.initial_seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        return cls(**config)


def _of(seed: Any) -> np.random.Generator:
    if isinstance(seed, SeedGenerator):
        return seed.generator
    return np.random.default_rng(new_seed() if seed is None else seed)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    return _of(seed).normal(mean, stddev, shape).astype(dtype or floatx())


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    return _of(seed).uniform(minval, maxval, shape).astype(dtype or floatx())


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Return normal numbers, drawn again where they are more than two standard deviations away."""
    generator = _of(seed)
    drawn = np.asarray(generator.normal(size=shape))
    while (far := np.abs(drawn) > 2).any():
        drawn[far] = generator.normal(size=int(far.sum()))
    return (mean + stddev * drawn).astype(dtype or floatx())


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Return integers from minval to maxval - 1."""
    return _of(seed).integers(minval, maxval, shape).astype(dtype)


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Array:
    return _of(seed).beta(alpha, beta, shape).astype(dtype or floatx())


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Array:
    return _of(seed).gamma(alpha, size=shape).astype(dtype or floatx())


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Array:
    return _of(seed).binomial(counts, probabilities, shape).astype(dtype or floatx())


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Return indices (batch, num_samples), each drawn with the probabilities softmax(logits)."""
    scores = as_array(logits)[:, np.newaxis, :]
    noise = _of(seed).gumbel(size=(len(scores), num_samples, scores.shape[-1]))
    return np.argmax(scores + noise, axis=-1).astype(dtype)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Array:
    return _of(seed).permutation(as_array(x), axis=axis)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Array:
    """Return inputs with elements set to 0 at a share `rate`, the others divided by 1 - rate."""
    x = as_array(inputs)
    keep = _of(seed).random(noise_shape or x.shape) >= rate
    return x * keep.astype(x.dtype) / x.dtype.type(1 - rate)
