"""Initial values of weights. Arguments, defaults and config are the same as in `keras.initializers`.

An initializer is called with a shape and a dtype. Deterministic ones are in `constants`, random ones in `random`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.registry import class_and_config
from ..core.registry import serialize as _serialize
from ..core.variable import Array, as_array, initializers
from .base import Initializer, Shape
from .constants import Constant, Identity, Ones, Zeros
from .random import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    fans,
)

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "fans",
    "get",
    "initializers",
    "serialize",
    "weight",
]


def __getattr__(name: str) -> Any:
    """Return a class by its other names, such as `handnn.initializers.he_normal`, as in Keras."""
    if name in initializers:
        return initializers[name]
    raise AttributeError(f"module 'handnn.initializers' has no attribute {name!r}")


def get(identifier: Any) -> Callable[..., Any] | None:
    """Return an initializer from a name, a Keras config, a class, an instance, a function or an array; None for None.

    A function `f(shape, dtype=None)` is used unchanged. An array gives its own values, only for its own shape.

    Raises:
        ValueError: the name or class is unknown.
        TypeError: identifier is something else.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return initializers[identifier]()
    if isinstance(identifier, np.ndarray | np.generic):
        return _from_array(np.array(identifier))
    if inspect.isclass(identifier) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    raise TypeError(f"initializer must be a name, a config or an Initializer; received {type(identifier).__name__}")


def _from_array(values: Array) -> Callable[..., Array]:
    def initialize_fn(shape: Shape, dtype: Any = "float32") -> Array:
        if tuple(shape) != values.shape:
            raise ValueError(f"shape must be the given array's, {values.shape}; received {tuple(shape)}")
        return values.astype(dtype)

    return initialize_fn


def weight(initializer: Callable[..., Any] | None, shape: Shape, dtype: str) -> Array:
    """Return the values of a new weight; without an initializer, use GlorotUniform, as in Keras.

    Raises:
        ValueError: the initializer returns another shape.
    """
    values = as_array((initializer or GlorotUniform())(shape, dtype=dtype))
    if values.shape != tuple(shape):
        raise ValueError(f"the initializer must return an array of shape {tuple(shape)}; received {values.shape}")
    return values.astype(dtype, copy=False)


def serialize(initializer: Callable[..., Any] | None) -> dict[str, Any] | None:
    """Return Keras' serialised form. For a function this is its name, which cannot be deserialised."""
    if initializer is None:
        return None
    if isinstance(initializer, Initializer):
        return _serialize(initializer, "keras.initializers")
    name = getattr(initializer, "__name__", type(initializer).__name__)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def deserialize(config: dict[str, Any]) -> Initializer:
    """Return the initializer of Keras' serialised form."""
    name, options = class_and_config(config, "initializer")
    return initializers[name].from_config(options)
