"""Builds a Sequential or a Model from Keras' config or JSON, and copies of models."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..core.custom import CustomObjectScope
from ..layers.keras_tensor import KerasTensor
from ..saving import compiled
from ..saving.training_state import TrainingState
from . import structures
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
            return own.from_config(config["config"])
        config = config["config"]
    return (Model if "input_layers" in config else Sequential).from_config(config)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Network:
    """Return the model of `to_json`, with newly initialized weights. Raises as `model_from_config`."""
    with CustomObjectScope(custom_objects):
        return model_from_config(json.loads(json_string))


def clone_model(
    model: Network,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Network:
    """Return a model with new layers of the same configs and newly initialized weights, compiled like the model.

    Args:
        model: a Sequential or a Model.
        input_tensors: symbolic tensors in the place of its inputs, in their structure.
        clone_function: returns the layer to use for each layer (not for an Input); by default a new one of its config.
        call_function: of a Model; called as (layer, *args, **kwargs) to call each layer, it may put others before or
            after: `lambda layer, x: Dropout(0.5)(layer(x))`.
        recursive: clone the layers of models inside too, by the same functions.

    Raises:
        ValueError: input_tensors has another structure, the model is neither, or call_function is for a Sequential.
    """
    return _cloned(model, input_tensors, clone_function, call_function, recursive, {})


def _cloned(
    model: Any, input_tensors: Any, clone_function: Any, call_function: Any, recursive: bool, known: dict[int, Any]
) -> Network:
    """`clone_model`; `known` holds the clones so far by the ids of their layers, since models may share layers."""
    if not isinstance(model, Sequential | Model):
        raise ValueError(f"model must be a Sequential or a Model; received {type(model).__name__}")
    if call_function is not None and isinstance(model, Sequential):
        raise ValueError(
            f"call_function must be None for a Sequential, which {model.name} is: its layers are listed, not called"
        )
    tensors = None if input_tensors is None else structures.along(model.input_form, input_tensors)
    if input_tensors is not None and not (tensors and all(isinstance(own, KerasTensor) for own in tensors)):
        raise ValueError(
            f"input_tensors must be KerasTensors in the structure of model.input; received {input_tensors}"
        )

    def copied(layer: Any) -> Any:
        if id(layer) not in known:
            if recursive and isinstance(layer, Network):
                call = None if isinstance(layer, Sequential) else call_function
                known[id(layer)] = _cloned(layer, None, clone_function, call, True, known)
            elif clone_function is None:
                known[id(layer)] = made(json.loads(json.dumps(layer_config(layer))))
            else:
                known[id(layer)] = clone_function(layer)
        return known[id(layer)]

    found: Any
    if isinstance(model, Sequential):
        found = Sequential(name=model.name, trainable=model.trainable)
        for layer in (
            *(tensors or [made(layer_config(own)) for own in model.input_layers]),
            *map(copied, model.layers),
        ):
            found.add(layer)
    else:
        found = model.copied(copied, tensors, call_function)
    if model.compiled and model.optimizer is not None:
        own: Any = model
        compiled.restore(found, json.loads(json.dumps(compiled.serialized(own))), TrainingState({}, found))
    return found
