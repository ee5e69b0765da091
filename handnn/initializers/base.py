"""What initializers share: called with a shape and a dtype, config as in `keras.initializers`."""

from typing import Any

from ..core.registry import Registry
from ..core.variable import Array

Shape = tuple[int, ...]
initializers: Registry[type["Initializer"]] = Registry("initializer")


class Initializer:
    """Base class: called with a shape, gives an array."""

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Initializer":
        return cls(**config)
