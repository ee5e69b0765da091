"""Metrics by Keras' names, updated batch by batch, with optional weights, and a result over all batches so far.

Formulas: `base` (means and their weights), `accuracy`, `from_losses`, `regression`, `confusion`, `auc`, `fscore`,
`iou`. `compiled` has the metrics of a compiled model.
"""

from typing import Any

from .. import losses
from ..core.registry import serialize as _serialize
from ..core.variable import Array
from .accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from .auc import AUC
from .base import Mean, MeanMetricWrapper, Metric, Sum, function_of, metrics
from .compiled import CompiledMetrics, MetricsByOutput, chosen
from .confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from .from_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from .fscore import F1Score, FBetaScore
from .iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from .lookup import deserialize, lookup
from .regression import ConcordanceCorrelation, PearsonCorrelation, R2Score, RootMeanSquaredError

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CompiledMetrics",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "MetricsByOutput",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "categorical_accuracy",
    "concordance_correlation",
    "deserialize",
    "get",
    "metrics",
    "pearson_correlation",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]

binary_accuracy = function_of(BinaryAccuracy)
categorical_accuracy = function_of(CategoricalAccuracy)
concordance_correlation = function_of(ConcordanceCorrelation)
pearson_correlation = function_of(PearsonCorrelation)
sparse_categorical_accuracy = function_of(SparseCategoricalAccuracy)
sparse_top_k_categorical_accuracy = function_of(SparseTopKCategoricalAccuracy)
top_k_categorical_accuracy = function_of(TopKCategoricalAccuracy)


def __getattr__(name: str) -> Any:
    """Return a function of `handnn.losses`; `keras.metrics` exports them too."""
    if name in losses.losses and name.islower() and hasattr(losses, name):
        return getattr(losses, name)
    raise AttributeError(f"module 'handnn.metrics' has no attribute {name!r}")


def get(identifier: Any, y_true: Array | None = None, y_pred: Array | None = None) -> Any:
    """Return a metric from a name, a Keras config, a class or an instance; a function unchanged; None for None.

    Given the arrays of a batch, return the metric that `compile` would choose: 'accuracy' depends on their shapes, and
    a metric given by name has that name in logs.

    Raises:
        ValueError: the name or class is unknown.
        TypeError: identifier is something else.
    """
    if y_true is not None and y_pred is not None:
        return chosen(identifier, y_true, y_pred)
    return lookup(identifier)


def serialize(metric: Metric) -> dict[str, Any]:
    """Return Keras' serialised form."""
    return _serialize(metric, "keras.metrics")
