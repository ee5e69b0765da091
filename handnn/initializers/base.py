"""The base class of initializers: called with a shape and a dtype, config as in `keras.initializers`."""

from typing import Any

from ..core.variable import Array

Shape = tuple[int, ...]


class Initializer:
    """Base class: called with a shape, returns an array."""

    def __call__(self, shape: Shape, dtype: str = "float32") -> Array:
        """Return an array of this shape and dtype; raise ValueError if the initializer cannot fill the shape."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Initializer":
        return cls(**config)
