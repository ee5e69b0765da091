"""Layers by Keras' names. What they share: `base`; formulas: `core`, `reshaping`, `regularization`."""

from typing import Any

from ..registry import class_and_config
from .base import Layer, Shape, layers, policy
from .core import Activation, Dense, Input, InputLayer
from .merging import Add
from .normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from .preprocessing import Normalization, Rescaling
from .regularization import Dropout
from .reshaping import Flatten

__all__ = [
    "Activation",
    "Add",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "GroupNormalization",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "Normalization",
    "RMSNormalization",
    "Rescaling",
    "Shape",
    "UnitNormalization",
    "from_config",
    "layers",
    "policy",
]


def from_config(config: dict[str, Any]) -> Layer:
    """Return a layer from Keras' serialised form; a layer that handnn does not have is named."""
    name, options = class_and_config(config, "layer")
    if name not in layers:
        raise ValueError(f"the config holds a layer {name}, which handnn does not have; it has {', '.join(layers)}")
    if name == "InputLayer":
        return InputLayer(**options)
    return layers[name].from_config(options)
