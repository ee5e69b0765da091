"""Losses by Keras' names. Formulas: `base` (weights, reductions), `regression`, `crossentropy`."""

from collections.abc import Callable
from typing import Any

from ..registry import class_and_config
from ..registry import serialize as _serialize
from ..variable import Array, as_array
from .base import REDUCTIONS, Loss, losses
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from .regression import MeanAbsoluteError, MeanSquaredError

__all__ = [
    "REDUCTIONS",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "losses",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]


def _function(cls: type[Loss]) -> Callable[..., Array]:
    """Return the plain function of a loss class, `keras.losses.mean_squared_error` for MeanSquaredError."""

    def loss_function(y_true: Any, y_pred: Any, **options: Any) -> Array:
        y_pred = as_array(y_pred)
        dtype = y_pred.dtype if y_pred.dtype.kind == "f" else None
        return cls(reduction="none", dtype=dtype, **options)(y_true, y_pred)

    loss_function.__doc__ = f"Return the loss of each sample, unreduced: {cls.__name__}(reduction='none')."
    return loss_function


mean_squared_error = _function(MeanSquaredError)
mean_absolute_error = _function(MeanAbsoluteError)
categorical_crossentropy = _function(CategoricalCrossentropy)
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy)
binary_crossentropy = _function(BinaryCrossentropy)


def get(identifier: Any, dtype: Any = None) -> Loss:
    """Return a loss from a name, a Keras config or an instance.

    `dtype` is given to a loss made here from a name or config; an instance keeps its own.
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "loss")
        return losses[name].from_config({"dtype": dtype} | config)
    if isinstance(identifier, str):
        return losses[identifier](dtype=dtype)
    raise TypeError(f"loss must be a name, a config or a Loss; received {type(identifier).__name__}")


def serialize(loss: Loss) -> dict[str, Any]:
    """Return Keras' serialised form."""
    return _serialize(loss, "keras.losses")
