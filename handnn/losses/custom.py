"""Losses of the user's own: a Python function, or a subclass of `Loss` with `call`, as in Keras.

A loss is evaluated as it is. To train with it, its derivative is needed: a function has it as an attribute,
`fn.derivative = lambda y_true, y_pred: ...`, a class as a method `derivatives(self, y_true, y_pred)`. It returns
d values / d y_pred in the shape of y_pred, where `values` is what the function (or `call`) returns.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import custom
from ..core.variable import Array, real_array
from .base import Loss


def adopt(cls: type[Loss]) -> None:
    """Let a subclass that defines `call` be a loss of handnn: `values` is its call, of any shape."""
    if "call" in cls.__dict__ and "values" not in cls.__dict__:
        own: Any = cls
        own.values = lambda self, y_true, y_pred: np.asarray(self.call(y_true, y_pred))
        own.prepare = prepare
        own.axis, own.analytic = None, False
    written = cls.__dict__.get("derivatives")
    if written is not None and "out" not in inspect.signature(written).parameters:
        own = cls
        own.derivatives = lambda self, y_true, y_pred, out=None: _as_given(written(self, y_true, y_pred), y_pred)


def _as_given(slopes: Any, y_pred: Array) -> Array:
    found = np.array(slopes, y_pred.dtype)
    if found.shape != y_pred.shape:
        raise ValueError(f"the derivative must have the shape of y_pred, {y_pred.shape}; received {found.shape}")
    return found


def prepare(self: Any, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Cast to the loss' dtype, and find what the values leave of y_pred's axes; raise ValueError for other shapes."""
    y_pred = real_array(y_pred, "y_pred", self.dtype)
    y_true = real_array(y_true, "y_true", self.dtype)
    if y_true.ndim == 1 and y_pred.ndim == 2 and y_pred.shape[1] == 1:
        y_true = y_true[:, np.newaxis]
    with np.errstate(all="ignore"):  # of the targets' check, whose predictions are zeros
        shape = np.shape(self.values(y_true, y_pred))
    if shape == ():
        self.axis = None
    elif shape == y_pred.shape:
        self.axis = ()
    elif shape == y_pred.shape[: len(shape)]:
        self.axis = tuple(range(len(shape), y_pred.ndim))
    else:
        raise ValueError(f"{self.name} must give one value a sample, or one in all; received shape {shape}")
    return y_true, y_pred


class LossFunctionWrapper(Loss):
    """A Python function `fn(y_true, y_pred)` as a loss; `fn.derivative(y_true, y_pred)` is its derivative.

    Args:
        fn: returns one value a sample (or one for each prediction, or one in all).
        reduction, name, dtype: as for every loss. kwargs: further arguments of fn.

    Raises:
        TypeError: fn is not a function; in training, it has no derivative.
    """

    analytic, stacks = False, False
    prepare = prepare

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if not callable(fn):
            raise TypeError(f"fn must be a function of (y_true, y_pred); received {type(fn).__name__}")
        super().__init__(name or getattr(fn, "__name__", type(fn).__name__), reduction, dtype)
        self.fn, self.kwargs = fn, kwargs

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.asarray(self.fn(y_true, y_pred, **self.kwargs))

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        derivative = getattr(self.fn, "derivative", None)
        if derivative is None:
            raise TypeError(no_derivative(self.name))
        return _as_given(derivative(y_true, y_pred, **self.kwargs), y_pred)

    def get_config(self) -> dict[str, Any]:
        name = custom.get_registered_name(self.fn)
        function = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
        return super().get_config() | {"fn": function} | self.kwargs

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LossFunctionWrapper":
        fn = config.get("fn")
        if isinstance(fn, dict):
            found = custom.get_registered_object(str(fn.get("config")))
            if found is None:
                raise ValueError(f"fn must be registered (register_keras_serializable); received {fn.get('config')!r}")
            config = config | {"fn": found}
        return cls(**config)


def no_derivative(name: str) -> str:
    """Return what is missing, and what to write."""
    return (
        f"loss {name} has no derivative, so it cannot be trained: write {name}.derivative = lambda y_true, y_pred: "
        "..., which returns d loss / d y_pred of each sample in the shape of y_pred"
    )
