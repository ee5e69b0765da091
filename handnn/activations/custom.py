"""Activations of the user's own: a Python function of z, with its derivative as an attribute."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import custom
from ..core.variable import Array
from .base import Activation


class FunctionActivation(Activation):
    """a = fn(z), elementwise with `fn.derivative(z)` = f'(z), or in general with `fn.backward(upstream, z, a)`.

    Raises:
        TypeError: fn is not a function; in training, it has neither.
    """

    analytic = False

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        if not callable(fn):
            raise TypeError(f"fn must be a function of z; received {type(fn).__name__}")
        self.fn = fn

    @property
    def name(self) -> str:  # type: ignore[override]
        return custom.get_registered_name(self.fn)

    def forward(self, z: Array, out: Array | None = None) -> Array:
        return np.asarray(self.fn(z))

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        if hasattr(self.fn, "backward"):
            return np.asarray(self.fn.backward(upstream, z, a))
        derivative = getattr(self.fn, "derivative", None)
        if derivative is None:
            name = getattr(self.fn, "__name__", "fn")
            raise TypeError(
                f"activation {name} has no derivative, so it cannot be trained: write {name}.derivative = "
                "lambda z: ..., which returns f'(z), or .backward = lambda upstream, z, a: ..., which returns dL/dz"
            )
        return upstream * np.asarray(derivative(z))

    def can_stack(self) -> bool:
        return False

    def get_config(self) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        return f"handnn.activations.FunctionActivation({self.name})"
