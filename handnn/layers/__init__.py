"""Layers by Keras' names. What they share: `base`; formulas: `core`, `merging`, `reshaping`, ...."""

from typing import Any

from ..registry import class_and_config
from .base import Layer, Shape, layers, policy
from .core import Activation, Dense, Identity, Input, InputLayer
from .einsum_dense import EinsumDense
from .embedding import Embedding
from .merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from .regularization import Dropout
from .reshaping import Flatten, Permute, RepeatVector, Reshape

__all__ = [
    "Activation",
    "Add",
    "Average",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "Identity",
    "Input",
    "InputLayer",
    "Layer",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "RepeatVector",
    "Reshape",
    "Shape",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "from_config",
    "layers",
    "maximum",
    "minimum",
    "multiply",
    "policy",
    "subtract",
]


def from_config(config: dict[str, Any]) -> Layer:
    """Return a layer from Keras' serialised form; a layer that handnn does not have is named."""
    name, options = class_and_config(config, "layer")
    if name not in layers:
        raise ValueError(f"the config holds a layer {name}, which handnn does not have; it has {', '.join(layers)}")
    if name == "InputLayer":
        return InputLayer(**options)
    return layers[name].from_config(options)
