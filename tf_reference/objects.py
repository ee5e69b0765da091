"""Keras models, losses and optimizers from names, configs, and objects of other libraries with Keras' config."""

import copy
import functools
from typing import Any

import keras
import tensorflow as tf

from .quiet import no_mask_warnings


@keras.saving.register_keras_serializable("tf_reference")
class FilledWithZeros(keras.initializers.Zeros):
    """Zeros by one operation of TensorFlow: in a quarter of the time that `keras.ops.zeros` takes."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return tf.constant(0, dtype, shape)


def _class_and_config(given: Any) -> tuple[str, dict]:
    if isinstance(given, dict):
        return given["class_name"], dict(given.get("config", {}))
    return type(given).__name__, dict(given.get_config())


def keras_model(config: dict) -> Any:
    """Return the Keras Sequential or functional Model of a config, with zeros as weights, which the caller sets.

    No initializer is run, since drawing weights is slow. The model builds the layers itself; otherwise the weights'
    paths would lack the model's name. `Sequential.from_config` would rebuild the whole stack for each added layer.
    """
    with no_mask_warnings():
        return _model(copy.deepcopy(config))  # Keras removes entries from it


def _model(config: dict) -> Any:
    """Return the model of a config, which is changed."""
    for layer in config["layers"]:
        layer.pop("build_config", None)
        _draw_nothing(layer["config"])
    if "input_layers" in config:
        return frozen(sparing_one_by_one(keras.Model.from_config(config)))
    model = keras.Sequential([keras.layers.deserialize(layer) for layer in config["layers"]], name=config["name"])
    if not model.built and config.get("build_input_shape"):
        model.build(config["build_input_shape"])
    return frozen(sparing_one_by_one(model))


def sparing_one_by_one(model: Any) -> Any:
    """Return a model whose convolutions of one place with strides take every second place first, then convolve plainly.

    The products are the same. Of the strided one, TensorFlow's oneDNN computes the kernel's gradient beyond its memory,
    and the process dies ("free(): invalid pointer"): float32, kernel 1 x 1, strides 2, seen with TensorFlow 2.21.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D) and set(layer.kernel_size) == {1} and max(layer.strides) > 1:
            layer.convolution_op = functools.partial(_of_taken_places, layer)
    return model


def _of_taken_places(layer: Any, inputs: Any, kernel: Any) -> Any:
    places = tuple(slice(None, None, stride) for stride in layer.strides)
    taken = (slice(None), *places) if layer.data_format == "channels_last" else (slice(None), slice(None), *places)
    return keras.ops.conv(inputs[taken], kernel, strides=1, padding="valid", data_format=layer.data_format)


def _draw_nothing(part: Any) -> None:
    """Replace every initializer in a config, those of layers within layers too."""
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(name, str) and name.endswith("_initializer"):
            part[name] = FilledWithZeros()
        elif isinstance(value, dict | list):
            _draw_nothing(value)


def frozen(model: Any) -> Any:
    """Return the model with its frozen layers frozen: inside a layer made of layers, Keras goes on training the others.

    It does so if they are frozen by the constructor or a config, before these inner layers are there.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            frozen(layer)
        elif not layer.trainable:
            layer.trainable = True  # without a change Keras does nothing
            layer.trainable = False
    return model


def keras_loss(given: Any, dtype: str) -> keras.losses.Loss:
    """Return the Keras loss; a name or config gets `dtype`, an object with a dtype keeps it."""
    if isinstance(given, keras.losses.Loss):
        return given
    if isinstance(given, str):
        classes = _loss_classes()
        if given in classes:  # Keras' `get` does not know every class
            return classes[given](dtype=dtype)
        found = keras.losses.get(given)
        name = found.name if isinstance(found, keras.losses.Loss) else found.__name__
        return classes[name](dtype=dtype)
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
    """Return a new Keras optimizer, or None for None."""
    if given is None or isinstance(given, keras.optimizers.Optimizer):
        return given
    if isinstance(given, str):
        return keras.optimizers.get(given)
    name, config = _class_and_config(given)
    if not hasattr(keras.optimizers, name):
        raise ValueError(f"Keras has no optimizer {name}, so there is nothing to hold its steps against")
    return getattr(keras.optimizers, name).from_config(config)


def built_optimizer(given: Any, variables: list) -> Any:
    """Return a new Keras optimizer with slots for these variables, or None for None.

    No config holds the exclusions from weight decay; an object of another library has them as `excluded` (variables
    with a path) and `excluded_names`.
    """
    optimizer = keras_optimizer(given)
    if optimizer is None:
        return None
    inner = _inner(optimizer)
    for own, other in zip([optimizer, *inner], [given, *getattr(given, "inner_optimizers", inner)], strict=True):
        paths = {getattr(variable, "path", None) for variable in getattr(other, "excluded", ())}
        names = list(getattr(other, "excluded_names", ()))
        if paths or names:
            own.exclude_from_weight_decay([v for v in variables if v.path in paths], names)
    if hasattr(optimizer, "inner_optimizer"):  # built by its wrapper, it would not list all its slots: Nadam's product
        optimizer.inner_optimizer.build(variables)
    optimizer.build(variables)
    return optimizer


def _inner(optimizer: Any) -> list:
    """Return the wrapped optimizers."""
    return (
        [optimizer.inner_optimizer] if hasattr(optimizer, "inner_optimizer") else getattr(optimizer, "optimizers", [])
    )


def has_muon(optimizer: Any) -> bool:
    """Return whether the optimizer is, or wraps, Keras' Muon."""
    return any(isinstance(own, keras.optimizers.Muon) for own in [optimizer, *_inner(optimizer)])
