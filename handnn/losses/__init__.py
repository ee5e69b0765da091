"""Losses by Keras' names, as classes and as functions. Weights, axes and reductions are in `base`.

The formulas are in `regression` (squared and absolute errors, Huber, log-cosh), `probabilistic` (Poisson,
Kullback-Leibler), `crossentropy` (categorical, binary), `labelled` (integer labels), `focal`, `hinge`, `overlap` (Dice,
Tversky) and `similarity` (cosine, circle).
"""

from typing import Any

from ..core.registry import class_and_config
from ..core.registry import serialize as _serialize
from .base import REDUCTIONS, Loss, adopting, losses
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy
from .custom import LossFunctionWrapper, adopt
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
    "LossFunctionWrapper",
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


adopting.append(adopt)


def get(identifier: Any, dtype: Any = None) -> Any:
    """Return a loss from a name, a Keras config, a class, a function of this module or an instance; None for None.

    As in Keras, a function's name or a function gives what, called, returns one value a sample in y_pred's dtype;
    here it has the methods of the loss class too, so that `gradient` is that of the reduced loss. A class or its name
    gives the class' loss, which is reduced when called, and so does every `dtype`: it is given to a loss made here; an
    instance keeps its own.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        return _from_config(identifier, dtype)
    is_function = hasattr(identifier, "loss_class") or isinstance(identifier, str)
    identifier = getattr(identifier, "loss_class", identifier)
    if isinstance(identifier, str):
        name, identifier = identifier, losses[identifier]
        is_function = name != identifier.__name__
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        found: Any = identifier(dtype=dtype)
        found.of_each_sample = is_function and dtype is None
        return found
    if callable(identifier):
        return LossFunctionWrapper(identifier, dtype=dtype)
    raise TypeError(f"loss must be a name, a config or a Loss; received {type(identifier).__name__}")


def _from_config(config: dict[str, Any], dtype: Any) -> Any:
    name, own = class_and_config(config, "loss")
    cls = LossFunctionWrapper if name == "LossFunctionWrapper" else losses[name]
    if not isinstance(cls, type):  # a registered function
        return LossFunctionWrapper(cls, dtype=dtype)
    takes = issubclass(cls, LossFunctionWrapper) or cls.__module__.startswith("handnn.")
    return cls.from_config({"dtype": dtype} | own if takes else own)


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
