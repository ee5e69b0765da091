"""Masking: marks the time steps that hold nothing but a given value as padding."""

from typing import Any, ClassVar

import numpy as np

from ..core.trace import LayerTrace
from .base import Layer, layers


@layers.register()
class Masking(Layer):
    """A step of time counts if any of its features differs from mask_value; the others are padding.

    z = x where the step counts, 0 elsewhere; dx = delta there, 0 elsewhere. The mask (batch, time) is handed on to the
    layers above.

    Args:
        mask_value: what padding holds.
    """

    builds, uses_cache = False, True
    supports_masking, creates_mask = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x where it counts, or 0", "dx": "delta where x counts, or 0"}

    def __init__(self, mask_value: Any = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return (batch, time): whether a step counts."""
        x = getattr(inputs, "value", inputs)  # of an array with error bounds
        return np.any(x != np.asarray(self.mask_value, x.dtype), axis=-1)

    def forward(self, t: LayerTrace) -> None:
        if t.output_mask is None:  # given where a pass is repeated near another one
            t.output_mask = self.compute_mask(t.x)
        t.z = np.where(self.counting(t), t.x, t.x.dtype.type(0))

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.where(self.counting(t), t.delta, t.delta.dtype.type(0))

    @staticmethod
    def counting(t: LayerTrace) -> Any:
        """Return the mask in the shape of x."""
        return np.broadcast_to(t.output_mask[..., np.newaxis], t.x.shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mask_value": self.mask_value}
