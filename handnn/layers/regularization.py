"""Layers that draw random numbers in training."""

from typing import Any, ClassVar

import numpy as np

from ..trace import LayerTrace
from ..utils import new_seed
from ..variable import Array, as_array
from .base import Layer, layers


@layers.register()
class Dropout(Layer):
    """z = x * mask, dx = delta * mask, with mask = 0 at a share `rate` of the elements and 1/(1 - rate) elsewhere.

    In inference the layer passes x on. A mask handed in is used, so that the Keras twin and this layer can be
    compared under the same one; otherwise one is drawn. Srivastava et al. (2014).
    """

    builds = False
    formulas: ClassVar[dict[str, str]] = {"z": "x * mask", "dx": "delta * mask"}

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ValueError(f"rate must be a number in [0, 1]; received {rate!r}")
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be None or an integer >= 0; received {seed!r}")
        if noise_shape is not None and not isinstance(noise_shape, tuple | list):
            raise ValueError(f"noise_shape must be None or a shape; received {noise_shape!r}")
        self.rate, self._given_seed = rate, seed
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.generator = np.random.default_rng(new_seed() if seed is None else seed)

    def hands_on(self, training: bool) -> bool:
        return self.rate == 0 or not training

    def draw(self, shape: tuple[int, ...]) -> Array:
        """Draw a mask for inputs of this shape; axes of size 1 in `noise_shape` share their draw."""
        noise_shape = self.noise_shape or shape
        noise_shape = tuple(full if size is None else size for size, full in zip(noise_shape, shape, strict=True))
        keep = self.generator.random(noise_shape) >= self.rate
        scale = 1 / (1 - self.rate) if self.rate < 1 else 0
        return np.broadcast_to(keep * np.asarray(scale, self.dtype), shape)

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        if mask is not None:
            t.mask = as_array(mask).astype(self.dtype, copy=False)
        else:
            t.mask = self.draw(t.x.shape) if t.training and self.rate else None

    def forward(self, t: LayerTrace) -> None:
        t.z = _kept(t.x, t.mask, t.z) if t.mask is not None else t.x

    def backward(self, t: LayerTrace) -> None:
        t.dx = _kept(t.delta, t.mask, t.dx) if t.mask is not None else t.delta

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "seed": self._given_seed, "noise_shape": self.noise_shape}
        return super().get_config() | own


@np.errstate(invalid="ignore", over="ignore")
def _kept(values: Array, mask: Array, out: Array | None) -> Array:
    """Return values * mask; what is dropped is 0 even if it was NaN or infinite, because Keras selects."""
    product = np.multiply(values, mask, out=out)
    flat = product.reshape(-1)
    if np.isfinite(np.dot(flat, flat)):  # the usual case, settled by one dot product
        return product
    return np.where(mask == 0, product.dtype.type(0), product)
