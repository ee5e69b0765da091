"""Layers by Keras' names. What they share: `base`; formulas: `core`, `reshaping`, `regularization`."""

from typing import Any

from ..registry import class_and_config
from .activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
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
from .regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
)
from .reshaping import Flatten

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Normalization",
    "PReLU",
    "RMSNormalization",
    "ReLU",
    "Rescaling",
    "Shape",
    "Softmax",
    "SpatialDropout1D",
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
