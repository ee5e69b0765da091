"""Layers from Keras' serialised form."""

from typing import Any

from ..core.registry import class_and_config
from .base import Layer, layers
from .core import InputLayer
from .custom import Lambda
from .preparing import PREPARING

models: dict[str, Any] = {}
"""The classes of models, which can be layers, by the names in configs; filled where they are defined."""


def from_config(config: dict[str, Any]) -> Layer:
    """Return the layer of Keras' serialised form.

    Raises:
        ValueError: handnn has no layer of that class, or the config is malformed.
    """
    name, options = class_and_config(config, "layer")
    if name in models:
        return models[name].from_config(options)
    if name == "Lambda":
        return Lambda.from_config(options)
    if name in PREPARING:
        prepared: Layer = PREPARING[name].from_config(options)
        return prepared
    if name not in layers:
        raise ValueError(f"the config holds a layer {name}, which handnn does not have; it has {', '.join(layers)}")
    if name == "InputLayer":
        return InputLayer(**options)
    return layers[name].from_config(options)
