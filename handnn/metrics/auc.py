"""The area under a curve of the confusion matrix."""

from typing import Any

import numpy as np

from ..activations import sigmoid
from ..config import epsilon
from ..core.variable import real_array
from .base import divide_no_nan, metrics, number
from .confusion import ConfusionMetric
from .thresholds import Thresholds, inner_thresholds, is_even

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "majoring", "minoring")


@metrics.register()
class AUC(ConfusionMetric):
    """Area under a curve sampled at T thresholds t_1 < 0 < ... < 1 < t_T.

    x falls from 1 to 0 along the thresholds, and the area is sum_i (x_i - x_{i+1}) h_i, where the height h_i is the
    mean of y_i and y_{i+1} ('interpolation'), the larger ('majoring') or the smaller one ('minoring').

        ROC     x = FP / (FP + TN)                       y = TP / (TP + FN)
        PR      x = recall R = TP / (TP + FN)            y = precision P = TP / (TP + FP)
        PRGAIN  x = max(0, 1 - pi FN / TP)               y = 1 - pi FP / TP,   pi = (TP + FN) / (TN + FP)

    'PR' with 'interpolation' is not linear in P: between two thresholds TP = s (TP + FP) + c, with slope s and
    intercept c; `interpolated_pr` integrates it.

    Args:
        num_thresholds: T. thresholds: the inner thresholds, in place of evenly spaced ones.
        multi_label: compute an area for each column, then their mean weighted by label_weights; otherwise all columns
            count into one matrix, weighted by label_weights.
        from_logits: apply a sigmoid to y_pred first.

    Raises:
        ValueError: an argument whose value is not allowed; the message names the argument and the value.

    Davis & Goadrich (2006); Flach & Kull (2015) for the gains.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        self.curve = _one_of("curve", curve, CURVES, (curve.lower(), curve.upper()))
        methods = (summation_method.lower(), summation_method.capitalize())
        self.summation_method = _one_of("summation_method", summation_method, SUMMATIONS, methods)
        if num_labels and not multi_label:
            raise ValueError(f"num_labels must be None unless multi_label=True; received {num_labels}")
        self.given_thresholds = None if thresholds is None else sorted(float(t) for t in thresholds)
        ends = -epsilon(), 1 + epsilon()
        if self.given_thresholds is None:
            if num_thresholds <= 1:
                raise ValueError(f"num_thresholds must be an integer > 1; received {num_thresholds}")
            self.thresholds, even = inner_thresholds(num_thresholds, *ends), True
        else:
            self.thresholds = [ends[0], *self.given_thresholds, ends[1]]
            even = is_even([0.0, *self.given_thresholds, 1.0])
        self.num_thresholds = len(self.thresholds)
        self.multi_label = self.by_label = multi_label
        self.num_labels, self.from_logits = num_labels, from_logits
        self.label_weights = None if label_weights is None else np.asarray(label_weights, "float32")
        super().__init__(Thresholds(self.thresholds, all_pass_first=True, even=even), name, dtype)

    def reset_state(self) -> None:
        seen = np.shape(getattr(self, "true_positives", 0.0))
        super().reset_state()
        if self.multi_label:  # a column for each label; one column broadcasts until their number is known
            columns = self.num_labels or (seen[1] if len(seen) == 2 else 1)
            for count in ("true_positives", "false_positives", "true_negatives", "false_negatives"):
                setattr(self, count, np.zeros((self.num_thresholds, columns)))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch; with one output, y_true and y_pred may be flat. Raises as `Metric.update_state`."""
        y_pred = real_array(y_pred, "y_pred")
        if self.multi_label and (y_pred.ndim != 2 or (self.num_labels or y_pred.shape[1]) != y_pred.shape[1]):
            columns = self.num_labels or "labels"
            raise ValueError(f"y_pred must have shape (samples, {columns}) for multi_label; received {y_pred.shape}")
        if self.from_logits:
            y_pred = sigmoid(y_pred if y_pred.dtype.kind == "f" else y_pred.astype(self.dtype))
        super().update_state(y_true, y_pred, sample_weight)

    def result(self) -> float:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return number(self.over_labels(self.interpolated_pr()))
        x, y = self.points()
        upper, lower = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            heights = (upper + lower) / 2
        else:
            heights = (np.maximum if self.summation_method == "majoring" else np.minimum)(upper, lower)
        return number(self.over_labels(np.sum((x[:-1] - x[1:]) * heights, axis=0)))

    def points(self) -> tuple[Any, Any]:
        """Return x and y of the curve at every threshold."""
        if self.curve == "ROC":
            return divide_no_nan(self.false_positives, self.false_positives + self.true_negatives), self.recall_curve
        if self.curve == "PR":
            return self.recall_curve, self.precision_curve
        found = self.true_positives
        odds = divide_no_nan(found + self.false_negatives, self.true_negatives + self.false_positives)
        recall_gain = np.where(found == 0, 0.0, 1.0 - odds * divide_no_nan(self.false_negatives, found))
        precision_gain = np.where(found == 0, 1.0, 1.0 - odds * divide_no_nan(self.false_positives, found))
        return np.maximum(recall_gain, 0.0), precision_gain

    def interpolated_pr(self) -> Any:
        """Return the integral of precision over recall, summed over the intervals between thresholds.

        With p = TP + FP going from p_{i+1} to p_i, precision = s + c / p and d recall = s dp / (TP + FN), so each
        interval gives s (dTP + c log(p_i / p_{i+1})) / (TP + FN). The logarithm is omitted if either p is 0.
        """
        found, predicted = self.true_positives, self.true_positives + self.false_positives
        rise, step = found[:-1] - found[1:], predicted[:-1] - predicted[1:]
        slope = divide_no_nan(rise, np.maximum(step, 0))
        intercept = found[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        ratio = np.where(both, divide_no_nan(predicted[:-1], np.maximum(predicted[1:], 0)), 1.0)
        positives = np.maximum(found[1:] + self.false_negatives[1:], 0)
        return np.sum(divide_no_nan(slope * (rise + intercept * np.log(ratio)), positives), axis=0)

    def over_labels(self, areas: Any) -> Any:
        """Return the weighted mean over labels, or a single area itself."""
        if not self.multi_label:
            return areas
        weights = np.ones(areas.shape) if self.label_weights is None else self.label_weights.astype("float64")
        return divide_no_nan(np.sum(areas * weights), np.asarray(weights.sum()))

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self.from_logits,
        }
        given = {} if self.given_thresholds is None else {"thresholds": self.given_thresholds}
        return super().get_config() | own | given


def _one_of(argument: str, value: str, allowed: tuple[str, ...], spellings: tuple[str, ...]) -> str:
    """Return the canonical spelling of a value in one of Keras' two spellings; raise ValueError for others."""
    known = [name for name in allowed if name in spellings and value in spellings]
    if not known:
        raise ValueError(f"{argument} must be one of {', '.join(allowed)}; received {value!r}")
    return known[0]
