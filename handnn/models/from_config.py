"""Builds a Sequential or a Model from Keras' config or JSON, and copies of models."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..core.custom import CustomObjectScope
from .functional import Model
from .network import Network
from .sequential import Sequential
from .structure import layer_config, made, own_class


def model_from_config(config: Mapping[str, Any]) -> Network:
    """Return the Sequential or Model that a Keras config describes, with newly initialized weights.

    Raises:
        ValueError: the config is neither, or holds something that handnn does not have.
    """
    if isinstance(config, Mapping) and "class_name" in config and isinstance(config.get("config"), Mapping):
        own = own_class(config)
        if own is not None:
            return own.from_config(config["config"])  # type: ignore[no-any-return]
        config = config["config"]
    return (Model if "input_layers" in config else Sequential).from_config(config)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Network:
    """Return the model of `to_json`, with newly initialized weights. Raises as `model_from_config`."""
    with CustomObjectScope(custom_objects):
        return model_from_config(json.loads(json_string))


def clone_model(
    model: Network,
    input_tensors: None = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: None = None,
    recursive: bool = False,
    **unused: Any,
) -> Network:
    """Return a model with new layers of the same configs and newly initialized weights.

    Args:
        model: a Sequential or a Model.
        clone_function: returns the layer to use for each layer (not for an Input); by default a new one of its config.
        recursive: clone the layers of models inside by `clone_function`, too.

    Raises:
        ValueError: input_tensors or call_function is given, or the model is neither.
    """
    if not isinstance(model, Sequential | Model):
        raise ValueError(f"model must be a Sequential or a Model; received {type(model).__name__}")
    for name, value in (("input_tensors", input_tensors), ("call_function", call_function)):
        if value is not None:
            raise ValueError(f"{name} is not supported and must be None; received {value!r}")

    def copied(layer: Any) -> Any:
        if recursive and isinstance(layer, Network):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        if clone_function is None:
            return made(json.loads(json.dumps(layer_config(layer))))
        return clone_function(layer)

    if isinstance(model, Sequential):
        found = Sequential(name=model.name, trainable=model.trainable)
        for layer in (*(made(layer_config(own)) for own in model.input_layers), *map(copied, model.layers)):
            found.add(layer)
        return found
    return model.copied(copied)
