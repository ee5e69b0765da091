"""Losses by Keras' names, as classes and as functions. Weights, axes and reductions are in `base`.

The formulas are in `regression` (squared and absolute errors, Huber, log-cosh), `probabilistic` (Poisson,
Kullback-Leibler), `crossentropy` (categorical, binary), `labelled` (integer labels), `focal`, `hinge`, `overlap` (Dice,
Tversky) and `similarity` (cosine, circle).
"""

from typing import Any

from ..core.registry import class_and_config
from ..core.registry import serialize as _serialize
from .base import REDUCTIONS, Loss, losses
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy
from .focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from .functions import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    categorical_hinge,
    circle,
    cosine_similarity,
    dice,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
    tversky,
)
from .hinge import CategoricalHinge, Hinge, SquaredHinge
from .labelled import CategoricalGeneralizedCrossEntropy, SparseCategoricalCrossentropy
from .overlap import Dice, Tversky
from .probabilistic import KLDivergence, Poisson
from .regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from .similarity import Circle, CosineSimilarity

__all__ = [
    "REDUCTIONS",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "losses",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]


def get(identifier: Any, dtype: Any = None) -> Any:
    """Return a loss from a name, a Keras config, a class, a function of this module or an instance; None for None.

    `dtype` is used for a new loss; an instance keeps its own.

    Raises:
        ValueError: the name or class is unknown.
        TypeError: identifier is something else.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "loss")
        return losses[name].from_config({"dtype": dtype} | config)
    identifier = getattr(identifier, "loss_class", identifier)
    if isinstance(identifier, str):
        return losses[identifier](dtype=dtype)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier(dtype=dtype)
    raise TypeError(f"loss must be a name, a config or a Loss; received {type(identifier).__name__}")


def serialize(loss: Loss) -> dict[str, Any]:
    """Return Keras' serialised form."""
    return _serialize(loss, "keras.losses")


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the loss of a Keras config or name; `custom_objects` adds {name: class}. Raises as `get`."""
    wanted = class_and_config(name, "loss")[0] if isinstance(name, dict) else name
    if custom_objects and wanted in custom_objects:
        found = custom_objects[wanted]
        return found.from_config(name.get("config", {})) if isinstance(name, dict) else get(found)
    return get(name)
