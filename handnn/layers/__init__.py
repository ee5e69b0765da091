"""Layers by Keras' names. The base class is in `base`; the formulas are in `core`, `merging`, `normalization`, ...."""

from typing import Any

from ..core.registry import class_and_config
from . import arithmetic as arithmetic  # lets tensors be added
from .activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
from .base import Layer, adopting, layers, policy
from .core import Activation, Dense, Identity, Input, InputLayer
from .custom import Lambda, adopt
from .einsum_dense import EinsumDense
from .embedding import Embedding
from .keras_tensor import Shape
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
from .reshaping import Flatten, Permute, RepeatVector, Reshape

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Shape",
    "Softmax",
    "SpatialDropout1D",
    "Subtract",
    "UnitNormalization",
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


adopting.append(adopt)


def from_config(config: dict[str, Any]) -> Layer:
    """Return the layer of Keras' serialised form.

    Raises:
        ValueError: handnn has no layer of that class, or the config is malformed.
    """
    name, options = class_and_config(config, "layer")
    if name == "Lambda":
        return Lambda.from_config(options)
    if name not in layers:
        raise ValueError(f"the config holds a layer {name}, which handnn does not have; it has {', '.join(layers)}")
    if name == "InputLayer":
        return InputLayer(**options)
    return layers[name].from_config(options)
