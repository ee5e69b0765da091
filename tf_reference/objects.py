"""Keras models, losses and optimizers from names, configs and other libraries' objects with Keras' config."""

import copy
from typing import Any

import keras


def _class_and_config(given: Any) -> tuple[str, dict]:
    if isinstance(given, dict):
        return given["class_name"], dict(given.get("config", {}))
    return type(given).__name__, dict(given.get_config())


def keras_model(config: dict) -> Any:
    """Return the Keras Sequential or functional Model of a config.

    The model builds its layers itself: built one by one from their configs, their weights' paths would lack its name.
    """
    config = copy.deepcopy(config)  # Keras takes entries out of it
    for layer in config["layers"]:
        layer.pop("build_config", None)
    return (keras.Model if "input_layers" in config else keras.Sequential).from_config(config)


def keras_loss(given: Any, dtype: str) -> keras.losses.Loss:
    """Return the Keras loss; a name or config gets `dtype`, an object with a dtype of its own keeps that."""
    if isinstance(given, keras.losses.Loss):
        return given
    if isinstance(given, str):
        found = keras.losses.get(given)
        name = found.name if isinstance(found, keras.losses.Loss) else found.__name__
        return _loss_classes()[name](dtype=dtype)
    name, config = _class_and_config(given)
    config.setdefault("dtype", getattr(given, "dtype", dtype))
    return getattr(keras.losses, name)(**config)


def _loss_classes() -> dict[str, type]:
    """Return Keras' loss classes by the name of their function: 'mean_squared_error' -> MeanSquaredError."""
    found = {}
    for name, value in vars(keras.losses).items():
        if isinstance(value, type) and issubclass(value, keras.losses.Loss) and value is not keras.losses.Loss:
            found[keras.src.utils.naming.to_snake_case(name)] = value
    return found


def keras_optimizer(given: Any) -> Any:
    """Return a fresh Keras optimizer, or None for None."""
    if given is None or isinstance(given, keras.optimizers.Optimizer):
        return given
    if isinstance(given, str):
        return keras.optimizers.get(given)
    name, config = _class_and_config(given)
    return getattr(keras.optimizers, name).from_config(config)
