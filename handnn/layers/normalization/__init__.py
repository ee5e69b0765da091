"""Layers that give their input mean 0, deviation 1 or length 1 along some axes."""

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
