"""Deterministic initializers."""

from typing import Any

import numpy as np

from ..core.variable import Array, initializers
from .base import Initializer, Shape


@initializers.register("zero")
class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        return np.zeros(shape, dtype)


@initializers.register("one")
class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        return np.ones(shape, dtype)


@initializers.register()
class Constant(Initializer):
    """All `value`, a number or an array that broadcasts to the shape.

    As in Keras, Python numbers become float32 first, even for a float64 weight; arrays keep their precision.
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        given = np.asarray(self.value)
        if given.dtype == "float64" and not isinstance(self.value, np.ndarray | np.generic):
            given = given.astype("float32")
        return np.full(shape, given, dtype)

    def get_config(self) -> dict[str, Any]:
        if not isinstance(self.value, np.ndarray):
            return {"value": self.value}
        return {
            "value": {
                "class_name": "__numpy__",
                "config": {"value": self.value.tolist(), "dtype": self.value.dtype.name},
            }
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Constant":
        value = config.get("value", 0.0)
        if isinstance(value, dict):  # Keras' form of an array
            value = np.array(value["config"]["value"], value["config"]["dtype"])
        return cls(value)


@initializers.register("IdentityInitializer")
class Identity(Initializer):
    """`gain` on the diagonal of a matrix, which need not be square, 0 elsewhere.

    Keras omits the gain from the config, so a saved model loses it. handnn's config includes it if it is not 1.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        if len(shape) != 2:
            raise ValueError(f"shape must have two axes for Identity; received {tuple(shape)}")
        return np.eye(*shape, dtype=dtype) * np.asarray(self.gain, dtype)

    def get_config(self) -> dict[str, Any]:
        return {} if self.gain == 1 else {"gain": self.gain}
