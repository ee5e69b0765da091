"""Comparison of a metric with Keras' metric object, after each batch of a stream.

Means: the hand-written values go through `Bounded` arrays in the dtype in which Keras sums them, so the result's bound
is that of Keras' float32 (or float64) running sums. Counts: weights are multiples of 1/4, whose sums are exact in
float32, so Keras' counts are compared bit for bit, and results from them exactly or through `Bounded`.
"""

import copy
from typing import Any

import numpy as np

from ...metrics import IoU
from ...metrics.auc import AUC
from ...metrics.base import Mean, samplewise
from ...metrics.confusion import ConfusionMetric, Count
from ...metrics.from_losses import LossMetric
from ...metrics.fscore import FBetaScore
from ...metrics.regression import Correlation, RootMeanSquaredError
from ...rounding import allowance
from ...rounding.bounded import Bounded
from .metric_cases import BATCHES, make_weights

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

COUNTS: dict[Any, tuple[str, ...]] = {
    ConfusionMetric: ("true_positives", "false_positives", "true_negatives", "false_negatives"),
    FBetaScore: ("true_positives", "false_positives", "false_negatives", "intermediate_weights"),
    IoU: ("total_cm",),
}


def to_dtype(values: Any, dtype: Any) -> Bounded:
    """Cast as Keras does before summing: one more rounding."""
    u = allowance.unit_roundoff(dtype) * np.abs(values.value.astype("float64")) * (values.dtype != dtype)
    return Bounded(values.value.astype(dtype), values.error + u)


def bounded_values(metric: Any, y_true: Any, y_pred: Any) -> Bounded:
    """Return the metric's values with their bounds; the larger bound if Keras' formula loses more digits."""
    given: Any = Bounded(y_pred)
    if isinstance(metric, LossMetric | Correlation | RootMeanSquaredError):
        found: list[Any] = [metric.values(y_true, given)]
        source = metric.loss_of(y_pred.dtype) if isinstance(metric, LossMetric) else metric
        if hasattr(source, "keras_values"):
            theirs = source.keras_values(y_true, given)
            found.append(theirs if isinstance(theirs, Bounded) else Bounded(theirs))
        found = [f if isinstance(f, Bounded) else Bounded(f) for f in found]
        bias = source.keras_bias() if hasattr(source, "keras_bias") else 0.0  # Keras' log 2 is a float32 number
        return to_dtype(Bounded(found[0].value, np.maximum.reduce([f.error for f in found]) + bias), metric.dtype)
    return Bounded(np.asarray(metric.values(y_true, y_pred)).astype(metric.dtype))  # True and False do not round


def bounded_mean(metric: Any, batches: list[Any]) -> Any:
    """Return the result of a mean over these batches, summed in the metric's dtype."""
    shadow, elements = copy.copy(metric), 0
    Mean.reset_state(shadow)
    for y_true, y_pred, weight in batches:
        prepared = shadow.prepare(y_true, y_pred)
        values = bounded_values(shadow, *prepared)
        elements += values.size
        Mean.take(shadow, values, shadow.weights_for(prepared[0], weight))
    count = np.asarray(shadow.count, metric.dtype)
    shadow.count = Bounded(count, allowance.gamma(elements, allowance.unit_roundoff(metric.dtype)) * count)
    return shadow.result()


class Exact(Bounded):
    """Counts in multiples of 1/8 (quarters times a label's weight), whose sums and differences are exact."""

    def __getitem__(self, index: Any) -> Any:
        return Exact(self.value[index])

    def __add__(self, other: Any) -> Any:
        return self._exact(self.value + other.value) if isinstance(other, Exact) else super().__add__(other)

    def __sub__(self, other: Any) -> Any:
        return self._exact(self.value - other.value) if isinstance(other, Exact) else super().__sub__(other)

    @staticmethod
    def _exact(value: Any) -> "Exact":
        assert np.array_equal(8 * value, np.rint(8 * value)) and np.all(np.abs(value) < 2**20)
        return Exact(value)


def counts_of(metric: Any) -> tuple[str, ...]:
    """Return the names of a metric's counts."""
    for cls, names in COUNTS.items():
        if isinstance(metric, cls):
            return (metric.counted,) if isinstance(metric, Count) else names
    return ()


def bounded_from_counts(metric: Any, dtype: Any) -> Any:
    """Return the result computed from exact counts in Keras' dtype, which is float32 for every confusion matrix."""
    dtype = "float32" if isinstance(metric, ConfusionMetric) else dtype
    shadow = copy.copy(metric)
    for name in counts_of(metric):
        setattr(shadow, name, Exact(np.asarray(getattr(metric, name)).astype(dtype)))
    return shadow.result()


def check_state(ours: Any, theirs: Any) -> None:
    """Raise AssertionError unless the counts equal Keras' bit for bit."""
    for name in counts_of(ours):
        variable = theirs.accumulator if isinstance(ours, Count) else getattr(theirs, name, None)
        if variable is not None:  # Precision counts no negatives
            found = np.asarray(getattr(ours, name))
            assert np.array_equal(found, variable.numpy()), f"{ours.name}: {name}\n{found}\n{variable.numpy()}"


def hold_stream(agree: Any, ours: Any, theirs: Any, batches: list[Any]) -> None:
    """Update both with every batch and compare state and result after each."""
    for i, (y_true, y_pred, weight) in enumerate(batches):
        ours.update_state(y_true, y_pred, weight)
        theirs.update_state(y_true, y_pred, weight)
        check_state(ours, theirs)
        expected = np.asarray(theirs.result())
        found, what = np.asarray(ours.result()).astype(expected.dtype), f"{ours.name} after batch {i + 1}"
        if isinstance(ours, Mean):
            agree(what, found, expected, bounded_mean(ours, batches[: i + 1]))
        elif isinstance(ours, ConfusionMetric) and not isinstance(ours, AUC):  # one division of exact counts
            assert np.array_equal(found, expected), what
            agree(what, found, expected, found)
        else:
            agree(what, found, expected, bounded_from_counts(ours, expected.dtype))


# ---- Mean, Sum and R2Score, whose states are not those of the other metrics

SHAPES: dict[str, tuple[Any, Any]] = {  # of values and weights
    "one number": ((), ()),
    "a row": ((6,), (6,)),
    "a row without weights": ((6,), None),
    "a number without weights": ((), None),
    "steps": ((6, 3), None),
    "a weight a sample": ((6, 3, 2), (6,)),
    "a weight a step": ((6, 3, 2), (6, 3)),
    "a column": ((6,), (6, 1)),
    "one column for all steps": ((6, 3), (6, 1)),
    "one more axis": ((6, 3), (6, 3, 1)),
    "one for all": ((6, 3), ()),
    "one for all in a list": ((6,), (1,)),
}


def eighths(rng: Rng, shape: Any) -> Array:
    """Return numbers whose products, sums and means of 2 are exact in float32; means of 6 round twice."""
    return (rng.integers(-20, 40, shape) / 8).astype("float32")


def hold_values(agree: Any, ours: Any, theirs: Any, shapes: tuple[Any, Any], dtype: str, rng: Rng) -> None:
    """Compare a Mean or Sum of values and weights of these shapes with Keras'."""
    total, count, elements = Bounded(np.zeros((), dtype)), 0.0, 0
    for _ in range(3):
        values = eighths(rng, shapes[0])
        weight = None if shapes[1] is None else np.abs(eighths(rng, shapes[1]))
        ours.update_state(values, sample_weight=weight)
        theirs.update_state(values, sample_weight=weight)
        given: Any = Bounded(values.astype(dtype))
        reduced, w = samplewise(given, weight, means=isinstance(ours, Mean))
        total, elements = total + reduced.sum(), elements + values.size
        count += (values.shape or (1,))[0] if w is None else float(np.sum(w))
        bound = total
        if isinstance(ours, Mean):
            grown = allowance.gamma(elements, allowance.unit_roundoff(dtype)) * count
            bound = total / Bounded(np.asarray(count, dtype), grown)
        agree(type(ours).__name__, np.asarray(ours.result(), dtype), theirs.result().numpy(), bound)


def keras_r2(metric: Any, batches: list[Any]) -> Any:
    """Return the score by Keras' formula: four sums in float32, the variance from sum(y^2) - sum(y)^2 / W."""
    sums = [Bounded(np.zeros(batches[0][0].shape[1], "float32")) for _ in range(4)]
    for y_true, y_pred, weight in batches:
        y, p = Bounded(y_true.astype(metric.dtype)), y_pred.astype(metric.dtype)
        w = np.ones(y.shape, metric.dtype)
        w = w if weight is None else w * weight.astype(metric.dtype).reshape(len(weight), -1)
        terms = (y * w, y * (y * w), np.square(y - p) * w, Bounded(w))
        sums = [to_dtype(s + t.sum(axis=0), "float32") for s, t in zip(sums, terms, strict=True)]
    total, squares, residual, weight = sums
    shadow = copy.copy(metric)
    shadow.variation, shadow.residual = squares - total * (total / weight), residual
    return shadow.result()


def r2_batches(rng: Rng, kind: str, outputs: int = 3) -> list[Any]:
    """Return batches of numbers and estimates of them."""
    y = [rng.normal(size=(n, outputs)).astype("float32") for n in BATCHES]
    return [(t, (t + rng.normal(size=t.shape)).astype("float32"), make_weights(kind, len(t), rng)) for t in y]


def hold_r2(agree: Any, ours: Any, theirs: Any, batches: list[Any]) -> None:
    """Compare an R2Score with Keras' after each batch."""
    for i, batch in enumerate(batches):
        ours.update_state(*batch)
        theirs.update_state(*batch)
        expected = theirs.result().numpy()
        agree("r2_score", np.asarray(ours.result()).astype(expected.dtype), expected, keras_r2(ours, batches[: i + 1]))
