"""The losses as functions without reduction, such as `keras.losses.mean_squared_error` for MeanSquaredError.

Each computes in the dtype of y_pred and takes the options of its class, in the order of Keras' function.
"""

import inspect
from collections.abc import Callable
from typing import Any

from ..core.variable import Array, as_array
from .base import Loss
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy
from .focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
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

COMMON = ("reduction", "name", "dtype")
"""Arguments of the classes that the functions do not have."""


def _unreduced(cls: Callable[..., Loss], y_pred: Array, **options: Any) -> Any:
    return cls(reduction="none", dtype=y_pred.dtype if y_pred.dtype.kind == "f" else None, **options)


def _function(cls: type[Loss], name: str, required: bool = False) -> Callable[..., Array]:
    """Return the function of a loss class; with `required`, its options have no defaults."""
    options = [p for p in inspect.signature(cls).parameters.values() if p.name not in COMMON]
    data = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("y_true", "y_pred")]
    own = [p.replace(default=inspect.Parameter.empty) for p in options] if required else options
    signature = inspect.Signature([*data, *own])

    def loss_function(*args: Any, **kwargs: Any) -> Array:
        given = signature.bind(*args, **kwargs).arguments
        y_true, y_pred = given.pop("y_true"), as_array(given.pop("y_pred"))
        return _unreduced(cls, y_pred, **given)(y_true, y_pred)

    function: Any = loss_function
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return the loss of each sample, without reduction: {cls.__name__}(reduction='none')."
    function.__signature__ = signature
    function.loss_class = cls
    return loss_function


mean_squared_error = _function(MeanSquaredError, "mean_squared_error")
mean_absolute_error = _function(MeanAbsoluteError, "mean_absolute_error")
mean_absolute_percentage_error = _function(MeanAbsolutePercentageError, "mean_absolute_percentage_error")
mean_squared_logarithmic_error = _function(MeanSquaredLogarithmicError, "mean_squared_logarithmic_error")
huber = _function(Huber, "huber")
log_cosh = _function(LogCosh, "log_cosh")
poisson = _function(Poisson, "poisson")
kl_divergence = _function(KLDivergence, "kl_divergence")
categorical_crossentropy = _function(CategoricalCrossentropy, "categorical_crossentropy")
binary_crossentropy = _function(BinaryCrossentropy, "binary_crossentropy")
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy, "sparse_categorical_crossentropy")
categorical_generalized_cross_entropy = _function(
    CategoricalGeneralizedCrossEntropy, "categorical_generalized_cross_entropy", required=True
)
binary_focal_crossentropy = _function(BinaryFocalCrossentropy, "binary_focal_crossentropy")
categorical_focal_crossentropy = _function(CategoricalFocalCrossentropy, "categorical_focal_crossentropy")
hinge = _function(Hinge, "hinge")
squared_hinge = _function(SquaredHinge, "squared_hinge")
categorical_hinge = _function(CategoricalHinge, "categorical_hinge")
dice = _function(Dice, "dice")
tversky = _function(Tversky, "tversky")
cosine_similarity = _function(CosineSimilarity, "cosine_similarity")


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Array:
    """Return the circle loss of each row of y_pred, paired with the rows of ref_embeddings (default: y_pred)."""
    y_pred = as_array(y_pred)
    loss = _unreduced(Circle, y_pred, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)
    labels, embeddings = loss.prepare(y_true, y_pred)
    known = labels if ref_labels is None else ref_labels
    references = loss.prepare(known, embeddings if ref_embeddings is None else ref_embeddings)
    return loss.between(labels, embeddings, *references)


circle.loss_class = Circle  # type: ignore[attr-defined]
