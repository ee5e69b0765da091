"""Layers that normalize their input along some axes: to mean 0 and variance 1, to mean square 1, or to length 1."""

from .batch import BatchNormalization
from .groups import GroupNormalization
from .layer import LayerNormalization
from .root import RMSNormalization, UnitNormalization

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "UnitNormalization",
]
