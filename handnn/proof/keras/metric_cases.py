"""Batches for each metric, including ties, kinks and exact hits, and its options."""

from typing import Any

import numpy as np

from ... import losses
from ...core.naming import snake_case
from ...metrics import IoU
from ...metrics.confusion import ConfusionMetric
from ...metrics.from_losses import LossMetric
from ...metrics.fscore import FBetaScore

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

EVENLY: dict[str, Any] = {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}
UNORDERED: dict[str, Any] = {"thresholds": [0.75, 0.1, 0.5]}
AREAS: list[dict[str, Any]] = [
    {"num_thresholds": 9, "curve": curve, "summation_method": method}
    for curve in ("ROC", "PR", "PRGAIN")
    for method in ("interpolation", "majoring", "minoring")
]
IGNORING: list[dict[str, Any]] = [{"ignore_class": 1}] if hasattr(losses.Loss, "masks") else []
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "binary_accuracy": [{}, {"threshold": 0.25}, {"threshold": 0.0}],
    "top_k_categorical_accuracy": [{"k": 1}, {"k": 2}, {}],
    "sparse_top_k_categorical_accuracy": [{"k": 1}, {"k": 2}, {}],
    "binary_crossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.25}],
    "categorical_crossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.25}],
    "sparse_categorical_crossentropy": [{}, {"from_logits": True}, *IGNORING],
    "auc": [
        {},
        *AREAS,
        {"thresholds": [0.1, 0.5, 0.6]},
        {"thresholds": [0.75, 0.25, 0.5], "curve": "PR"},
        {"multi_label": True, "num_thresholds": 6},
        {"multi_label": True, "num_labels": 4, "label_weights": [1.0, 0.5, 0.0, 2.0], "curve": "PR"},
        {"multi_label": True, "thresholds": [0.3, 0.4]},
        {"label_weights": [1.0, 0.5, 0.0, 2.0]},
        {"from_logits": True, "curve": "pr"},
    ],
    "f_beta_score": [
        {"average": average, "beta": beta, "threshold": threshold}
        for average, beta in ((None, 0.5), ("micro", 2.0), ("macro", 1.0), ("weighted", 3.0))
        for threshold in (None, 0.5)
    ],
    "f1_score": [{}, {"average": "weighted", "threshold": 0.3}],
    "sensitivity_at_specificity": [{"specificity": value} for value in (0.0, 0.5, 0.75, 1.0)],
    "specificity_at_sensitivity": [{"sensitivity": 0.5, "num_thresholds": 5}, {"sensitivity": 0.8, "class_id": 1}],
    "precision_at_recall": [{"recall": 0.8}, {"recall": 0.5, "num_thresholds": 1}],
    "recall_at_precision": [{"precision": 0.8}, {"precision": 0.5, "num_thresholds": 2}],
    "io_u": [
        {"num_classes": 3, "target_class_ids": [0, 2]},
        {"num_classes": 5, "target_class_ids": [1], "ignore_class": 0, "dtype": "float32"},
        {"num_classes": 3, "target_class_ids": [-1], "sparse_y_pred": False, "ignore_class": -1},
    ],
    "binary_io_u": [{}, {"target_class_ids": [1], "threshold": 0.3, "dtype": "float64"}],
    "mean_io_u": [{"num_classes": 3}, {"num_classes": 4, "sparse_y_true": False, "sparse_y_pred": False}],
    "one_hot_io_u": [{"num_classes": 3, "target_class_ids": [0, 1]}],
    "one_hot_mean_io_u": [{"num_classes": 4}, {"num_classes": 3, "sparse_y_pred": True}],
}
for _name in ("true_positives", "true_negatives", "false_positives", "false_negatives"):
    OPTIONS[_name] = [{}, EVENLY, UNORDERED]
for _name in ("precision", "recall"):
    OPTIONS[_name] = [{}, EVENLY, UNORDERED, {"thresholds": 0.1}, {"top_k": 2}, {"class_id": 1}]
    OPTIONS[_name] += [{"top_k": 1, "class_id": -1}, {"top_k": 2, "thresholds": 0.3}]

CLASSES = 4
BATCHES = (7, 7, 3)
ONE_HOT = ("categorical_accuracy", "top_k_categorical_accuracy", "categorical_hinge", "categorical_crossentropy")
LABELS = ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_categorical_crossentropy")


def make_batch(
    metric: Any, samples: int, rng: Rng, axes: tuple[int, ...] = (), dtype: str = "float32"
) -> tuple[Array, ...]:
    """Return (y_true, y_pred) of the kind that the metric expects."""
    shape = (samples, *axes, CLASSES)
    if isinstance(metric, IoU):
        return labels_or_scores(metric, shape, rng)
    if kind_of(metric) in (*LABELS, *ONE_HOT):
        labels = rng.integers(0, CLASSES, shape[:-1])
        accuracy = kind_of(metric).endswith("accuracy")
        y_pred = quarters(shape, rng, dtype) if accuracy else probabilities(metric, shape, rng, dtype)
        return (labels if kind_of(metric) in LABELS else np.eye(CLASSES, dtype=dtype)[labels]), y_pred
    if isinstance(metric, ConfusionMetric | FBetaScore) or kind_of(metric).endswith("accuracy"):
        return decisions(metric, shape, rng, dtype)
    return numbers(metric, shape, rng, dtype)


def quarters(shape: Any, rng: Rng, dtype: str) -> Array:
    """Return rows with two largest, and 1/2 itself."""
    return (rng.integers(0, 5, shape) / 4).astype(dtype)


def decisions(metric: Any, shape: Any, rng: Rng, dtype: str) -> tuple[Array, ...]:
    """Return labels of 0 and 1, and scores."""
    y_true = rng.integers(0, 2, shape).astype(dtype)
    if getattr(metric, "from_logits", False):
        return y_true, (3 * rng.normal(size=shape)).astype(dtype)
    y_pred = quarters(shape, rng, dtype)
    if kind_of(metric) == "accuracy":
        return quarters(shape, rng, dtype), y_pred
    return y_true, np.where(rng.random(shape) < 0.5, y_pred, rng.random(shape)).astype(dtype)


def numbers(metric: Any, shape: Any, rng: Rng, dtype: str) -> tuple[Array, ...]:
    """Return a pair from the domain of the loss."""
    name = kind_of(metric)
    pair: Any
    if name == "kl_divergence":
        pair = [rng.dirichlet(np.ones(CLASSES), shape[:-1]) for _ in range(2)]
    elif name in ("poisson", "mean_squared_logarithmic_error", "mean_absolute_percentage_error"):
        pair = rng.uniform(0.5, 3, (2, *shape))
    elif name == "binary_crossentropy":
        pair = rng.random(shape), probabilities(metric, shape, rng, dtype)
    else:
        pair = rng.choice([0.0, 1.0], shape) if "hinge" in name else rng.normal(size=shape), rng.normal(size=shape)
    return tuple(array.astype(dtype) for array in pair)


def kind_of(metric: Any) -> str:
    """Return the loss behind a metric, or its own name."""
    return metric.loss if isinstance(metric, LossMetric) else snake_case(type(metric).__name__)


def probabilities(metric: Any, shape: Any, rng: Rng, dtype: str) -> Array:
    """Return rows that nearly sum to 1, or logits."""
    if getattr(metric, "options", {}).get("from_logits"):
        return (3 * rng.normal(size=shape)).astype(dtype)
    return (0.9 * rng.dirichlet(np.ones(shape[-1]), shape[:-1]) + 0.02).astype(dtype)


def labels_or_scores(metric: Any, shape: Any, rng: Rng) -> tuple[Array, ...]:
    """Return classes for an intersection over union, or their scores."""
    if type(metric).__name__ == "BinaryIoU":
        y, p = rng.random((2, *shape[:-1])).astype("float32")
        return np.round(y), np.where(p < 0.3, np.float32(metric.threshold), p)
    labels = rng.integers(-1, metric.num_classes + 1, (2, *shape[:-1]))  # some outside on either side
    scores = [np.eye(metric.num_classes, dtype="float32")[label % metric.num_classes] for label in labels]
    kinds = zip((metric.sparse_y_true, metric.sparse_y_pred), labels, scores, strict=True)
    return tuple(label if sparse else score for sparse, label, score in kinds)


def make_weights(kind: str, samples: int, rng: Rng) -> Array | None:
    """Return None, or multiples of 1/4 including 0: (samples,), or (samples, 1)."""
    if kind == "none":
        return None
    weight = (rng.integers(0, 12, samples) / 4).astype("float32")
    weight[0] = 0
    return weight[:, np.newaxis] if kind == "column" else weight


def stream(metric: Any, rng: Rng, kind: str = "none", axes: tuple[int, ...] = (), dtype: str = "float32") -> list[Any]:
    """Return batches of several sizes."""
    return [(*make_batch(metric, n, rng, axes, dtype), make_weights(kind, n, rng)) for n in BATCHES]
