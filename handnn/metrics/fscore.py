"""The weighted harmonic mean of precision and recall, for each class or over all classes."""

from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import as_array, real_array
from .base import FLOAT64, Metric, metrics, number, same_rank

AVERAGES = (None, "micro", "macro", "weighted")
ABOVE_ZERO = 1e-9
"""A row's largest prediction counts only if its absolute value exceeds this."""


@metrics.register()
class FBetaScore(Metric):
    """(1 + b^2) P R / (b^2 P + R) with precision P = TP / (TP + FP), recall R = TP / (TP + FN), b = beta.

    Positive predictions are those above the threshold or, without one, each row's largest and its equals. y_true counts
    by its value. As in Keras, epsilon = 1e-7 is added to every divisor.

    Args:
        average: None returns a score for each class, 'macro' their mean, 'weighted' their mean weighted by the sum of
            y_true, 'micro' the score of all classes counted together.

    Raises:
        ValueError: average, beta or threshold is not one of the allowed values.
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        if average not in AVERAGES:
            raise ValueError(f"average must be one of {AVERAGES}; received {average!r}")
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"beta must be a float > 0; received {beta!r}")
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(f"threshold must be None or a float in (0, 1]; received {threshold!r}")
        super().__init__(dtype, name)
        self.average, self.beta, self.threshold = average, beta, threshold

    def reset_state(self) -> None:
        self.true_positives: Any = self.zeros("true_positives")
        self.false_positives: Any = self.zeros("false_positives")
        self.false_negatives: Any = self.zeros("false_negatives")
        self.intermediate_weights: Any = self.zeros("intermediate_weights")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch, y_true and y_pred of shape (samples, classes). Raises as `Metric.update_state`."""
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        y_true, y_pred = same_rank(real_array(y_true, "y_true", self.dtype), y_pred, self)
        if y_pred.ndim != 2:
            raise ValueError(
                f"y_pred must have shape (samples, classes) for {type(self).__name__}; received {y_pred.shape}"
            )
        if self.threshold is None:
            predicted = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > ABOVE_ZERO)
        else:
            predicted = y_pred > self.threshold
        axis = None if self.average == "micro" else 0
        weight = np.ones((1, 1)) if sample_weight is None else as_array(sample_weight).astype(self.dtype)
        weight = weight[:, np.newaxis] if weight.ndim == 1 else weight
        if weight.ndim != 2 or len(weight) not in (1, len(y_pred)):
            raise ValueError(f"sample_weight must have shape ({len(y_pred)},); received {np.shape(sample_weight)}")
        labels = y_true * weight.astype(FLOAT64)
        self.true_positives = self.true_positives + (predicted * labels).sum(axis=axis)
        self.false_positives = self.false_positives + (predicted * (weight - labels)).sum(axis=axis)
        self.false_negatives = self.false_negatives + (~predicted * labels).sum(axis=axis)
        self.intermediate_weights = self.intermediate_weights + labels.sum(axis=axis)

    def result(self) -> Any:
        precision = self.true_positives / (self.true_positives + self.false_positives + epsilon())
        recall = self.true_positives / (self.true_positives + self.false_negatives + epsilon())
        b2 = self.beta**2
        scores = (1 + b2) * (precision * recall / (b2 * precision + recall + epsilon()))
        if self.average == "weighted":
            total = np.sum(self.intermediate_weights) + epsilon()
            return number(np.sum(scores * (self.intermediate_weights / total)))
        if self.average is not None:
            return number(np.sum(scores) / scores.size)
        return number(scores)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"average": self.average, "beta": self.beta, "threshold": self.threshold}


@metrics.register()
class F1Score(FBetaScore):
    """2 P R / (P + R): FBetaScore with beta = 1."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
