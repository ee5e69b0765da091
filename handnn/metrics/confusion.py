"""Counts of a confusion matrix at one or several thresholds; precision, recall and related metrics.

y_pred > threshold is a positive prediction, y_true != 0 a positive label. As in Keras, predictions, thresholds and
weights are rounded to float32 whatever the metric's dtype, so that ties fall on the same side.
"""

from typing import Any, ClassVar

import numpy as np

from ..core.variable import Array, Variable, as_array, real_array
from .base import Metric, divide_no_nan, metrics, number, same_rank
from .thresholds import Thresholds, inner_thresholds, parse

NEVER = -1e10
"""The value of predictions outside the top k, and the default threshold if top_k is given."""


def weights_of(sample_weight: Any, shape: tuple[int, ...]) -> Array:
    """Return one float32 weight per element, from one per sample or one per element; raise ValueError for others."""
    weight = as_array(sample_weight).astype("float32", copy=False)[..., np.newaxis]
    if weight.ndim == len(shape) + 1:
        weight = weight[..., 0]
    try:
        return np.broadcast_to(weight, shape)
    except ValueError:
        given = np.shape(sample_weight)
        raise ValueError(f"sample_weight must have shape {shape[:1]} or {shape}; received {given}") from None


def keep_top(y_pred: Array, k: int) -> Array:
    """Return y_pred with all but the k largest of each row set to -1e10; among equals the first ones are kept.

    Raises:
        ValueError: k exceeds the number of outputs.
    """
    if k > y_pred.shape[-1]:
        raise ValueError(f"top_k must not exceed the {y_pred.shape[-1]} outputs; received {k}")
    best = np.argsort(-y_pred, axis=-1, kind="stable")[..., :k]
    kept = np.full(y_pred.shape, NEVER, y_pred.dtype)
    np.put_along_axis(kept, best, np.take_along_axis(y_pred, best, axis=-1), axis=-1)
    return kept


class ConfusionMetric(Metric):
    """Base class: true and false positives and negatives at every threshold, of shape (T,), or (T, labels) by label."""

    by_label: bool = False
    top_k: int | None = None
    class_id: int | None = None
    label_weights: Array | None = None

    def __init__(self, thresholds: Thresholds, name: str | None, dtype: Any) -> None:
        self.table = thresholds
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        self.true_positives: Any = np.zeros(self.table.count)
        self.false_positives: Any = np.zeros(self.table.count)
        self.true_negatives: Any = np.zeros(self.table.count)
        self.false_negatives: Any = np.zeros(self.table.count)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch; with one output, y_true and y_pred may be flat. Raises as `Metric.update_state`."""
        y_pred = real_array(y_pred, "y_pred", "float32")
        y_true, y_pred = same_rank(real_array(y_true, "y_true", "float32"), y_pred, self)
        if self.top_k is not None:
            y_pred = keep_top(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred = self._of_class(y_true), self._of_class(y_pred)
        weight = None if sample_weight is None else weights_of(sample_weight, y_pred.shape)
        if self.label_weights is not None and not self.by_label:
            weight = np.broadcast_to(self.label_weights, y_pred.shape) * (1 if weight is None else weight)
        self.count(y_true != 0, y_pred, weight)

    def _of_class(self, values: Array) -> Array:
        if values.ndim < 2 or not -values.shape[-1] <= self.class_id < values.shape[-1]:
            raise ValueError(f"class_id must be a column of y_pred, {values.shape}; received {self.class_id}")
        return values[..., self.class_id, np.newaxis]

    def count(self, positive: Array, y_pred: Array, weight: Array | None) -> None:
        """Add a batch: histogram the number of thresholds passed, by positive and negative label, and cumulate it."""
        passed, bins = self.table.passed(y_pred), self.table.count + 1
        labels = y_pred.shape[-1] if self.by_label else 1
        groups = positive + (2 * np.arange(labels) if self.by_label else 0)
        flat = None if weight is None else np.ravel(weight)
        histogram = np.bincount(np.ravel(passed + bins * groups), flat, 2 * bins * labels)
        above = histogram.reshape(labels, 2, bins)[:, :, ::-1].cumsum(axis=-1)[:, :, ::-1]
        reached, total = above[:, :, 1:].T, above[:, :, 0].T  # (T, 2, labels), (2, labels)
        missed = total - reached
        if not self.by_label:
            reached, missed = reached[..., 0], missed[..., 0]
        reached, missed = self.table.in_given_order(reached), self.table.in_given_order(missed)
        self.false_positives = self.false_positives + reached[:, 0]
        self.true_positives = self.true_positives + reached[:, 1]
        self.true_negatives = self.true_negatives + missed[:, 0]
        self.false_negatives = self.false_negatives + missed[:, 1]

    @property
    def precision_curve(self) -> Any:
        return divide_no_nan(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall_curve(self) -> Any:
        """Recall, also called sensitivity or true positive rate."""
        return divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity_curve(self) -> Any:
        return divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)

    def one_or_all(self, values: Any) -> Any:
        """Return a number for a single threshold, an array for several."""
        return number(values[0]) if len(values) == 1 else values


class Count(ConfusionMetric):
    """Base class of the four counts."""

    counted: ClassVar[str]

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        self.init_thresholds = thresholds
        self.thresholds = parse(thresholds, 0.5)
        super().__init__(Thresholds(self.thresholds), name, dtype)

    @property
    def variables(self) -> list[Variable]:
        """The count, as in Keras."""
        return [variable for variable in super().variables if variable.name == self.counted]

    def result(self) -> Any:
        return self.one_or_all(getattr(self, self.counted))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"thresholds": self.init_thresholds}


@metrics.register()
class TruePositives(Count):
    """Total weight of positive labels predicted as positive."""

    counted = "true_positives"


@metrics.register()
class TrueNegatives(Count):
    """Total weight of negative labels predicted as negative."""

    counted = "true_negatives"


@metrics.register()
class FalsePositives(Count):
    """Total weight of negative labels predicted as positive."""

    counted = "false_positives"


@metrics.register()
class FalseNegatives(Count):
    """Total weight of positive labels predicted as negative."""

    counted = "false_negatives"


class PrecisionOrRecall(ConfusionMetric):
    """Base class of precision and recall, with thresholds, top_k and class_id (count one column only)."""

    counts: ClassVar[tuple[str, ...]]

    @property
    def variables(self) -> list[Variable]:
        """The two counts that the ratio needs, as in Keras."""
        return [variable for variable in super().variables if variable.name in self.counts]

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self.thresholds = parse(thresholds, 0.5 if top_k is None else NEVER)
        super().__init__(Thresholds(self.thresholds), name, dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return super().get_config() | own


@metrics.register()
class Precision(PrecisionOrRecall):
    """Share of correct positive predictions, TP / (TP + FP); 0 if there are no positive predictions."""

    counts = ("true_positives", "false_positives")

    def result(self) -> Any:
        return self.one_or_all(self.precision_curve)


@metrics.register()
class Recall(PrecisionOrRecall):
    """Share of positive labels predicted as positive, TP / (TP + FN); 0 if there are no positive labels."""

    counts = ("true_positives", "false_negatives")

    def result(self) -> Any:
        return self.one_or_all(self.recall_curve)


class BestUnderConstraint(ConfusionMetric):
    """The largest value of one curve over the thresholds in [0, 1] where another curve is at least a given value.

    0 if there is no such threshold. The lowest threshold is 0, which a prediction of 0 does not pass.
    """

    constraint: ClassVar[str]
    """Name of the argument with that value."""

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any) -> None:
        if not 0 <= value <= 1:
            raise ValueError(f"{self.constraint} must be in [0, 1]; received {value}")
        if num_thresholds <= 0:
            raise ValueError(f"num_thresholds must be an integer > 0; received {num_thresholds}")
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        setattr(self, self.constraint, value)
        self.thresholds = inner_thresholds(num_thresholds, 0.0, 1.0) if num_thresholds > 1 else [0.5]
        super().__init__(Thresholds(self.thresholds, even=num_thresholds > 1), name, dtype)

    def best(self, constrained: Any, dependent: Any) -> Any:
        """Return the largest dependent value. The constraint is checked in float32, as in Keras: 4/5 >= 0.8."""
        return number(np.max(np.where(constrained.astype("float32") >= np.float32(self.value), dependent, 0.0)))

    def get_config(self) -> dict[str, Any]:
        own = {"class_id": self.class_id, "num_thresholds": self.num_thresholds, self.constraint: self.value}
        return super().get_config() | own


@metrics.register()
class SensitivityAtSpecificity(BestUnderConstraint):
    """Largest sensitivity TP / (TP + FN) over the thresholds with TN / (TN + FP) >= specificity."""

    constraint = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        return self.best(self.specificity_curve, self.recall_curve)


@metrics.register()
class SpecificityAtSensitivity(BestUnderConstraint):
    """Largest specificity TN / (TN + FP) over the thresholds with TP / (TP + FN) >= sensitivity."""

    constraint = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        return self.best(self.recall_curve, self.specificity_curve)


@metrics.register()
class PrecisionAtRecall(BestUnderConstraint):
    """Largest precision TP / (TP + FP) over the thresholds with TP / (TP + FN) >= recall."""

    constraint = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        return self.best(self.recall_curve, self.precision_curve)


@metrics.register()
class RecallAtPrecision(BestUnderConstraint):
    """Largest recall TP / (TP + FN) over the thresholds with TP / (TP + FP) >= precision."""

    constraint = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        return self.best(self.precision_curve, self.recall_curve)
