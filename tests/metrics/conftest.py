"""Batches that suit each metric, and the comparison of a stream of them with Keras' metric object.

Means: the hand-written values go through `Bounded` arrays in the dtype in which Keras adds them up, so the bound of
the result is that of Keras' float32 (or float64) running sums. Counts: weights are quarters, whose sums are exact in
float32, so Keras' counts are compared bit for bit, and what is made of them exactly or through `Bounded`.
"""

import copy

import numpy as np
import pytest

from handnn.metrics import IoU
from handnn.metrics.auc import AUC
from handnn.metrics.base import Mean
from handnn.metrics.confusion import ConfusionMetric, Count
from handnn.metrics.fscore import FBetaScore
from handnn.metrics.from_losses import LossMetric
from handnn.metrics.regression import Correlation, RootMeanSquaredError
from handnn.naming import snake_case
from handnn.verify import allowance
from handnn.verify.rounding import Bounded

CLASSES = 4
BATCHES = (7, 7, 3)
ONE_HOT = ("categorical_accuracy", "top_k_categorical_accuracy", "categorical_hinge", "categorical_crossentropy")
LABELS = ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_categorical_crossentropy")
COUNTS = {
    ConfusionMetric: ("true_positives", "false_positives", "true_negatives", "false_negatives"),
    FBetaScore: ("true_positives", "false_positives", "false_negatives", "intermediate_weights"),
    IoU: ("total_cm",),
}


def make_batch(metric, samples, rng, axes=(), dtype="float32"):
    """(y_true, y_pred) of the kind that the metric expects, with ties, kinks and exact hits among them."""
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


def quarters(shape, rng, dtype):
    """Rows with two largest, and 1/2 itself."""
    return (rng.integers(0, 5, shape) / 4).astype(dtype)


def decisions(metric, shape, rng, dtype):
    y_true = rng.integers(0, 2, shape).astype(dtype)
    if getattr(metric, "from_logits", False):
        return y_true, (3 * rng.normal(size=shape)).astype(dtype)
    y_pred = quarters(shape, rng, dtype)
    if kind_of(metric) == "accuracy":
        return quarters(shape, rng, dtype), y_pred
    return y_true, np.where(rng.random(shape) < 0.5, y_pred, rng.random(shape)).astype(dtype)


def numbers(metric, shape, rng, dtype):
    name = kind_of(metric)
    if name == "kl_divergence":
        pair = [rng.dirichlet(np.ones(CLASSES), shape[:-1]) for _ in range(2)]
    elif name in ("poisson", "mean_squared_logarithmic_error", "mean_absolute_percentage_error"):
        pair = rng.uniform(0.5, 3, (2, *shape))
    elif name == "binary_crossentropy":
        pair = rng.random(shape), probabilities(metric, shape, rng, dtype)
    else:
        pair = rng.choice([0.0, 1.0], shape) if "hinge" in name else rng.normal(size=shape), rng.normal(size=shape)
    return tuple(array.astype(dtype) for array in pair)


def kind_of(metric):
    return metric.loss if isinstance(metric, LossMetric) else snake_case(type(metric).__name__)


def probabilities(metric, shape, rng, dtype):
    if getattr(metric, "options", {}).get("from_logits"):
        return (3 * rng.normal(size=shape)).astype(dtype)
    return (0.9 * rng.dirichlet(np.ones(shape[-1]), shape[:-1]) + 0.02).astype(dtype)


def labels_or_scores(metric, shape, rng):
    if type(metric).__name__ == "BinaryIoU":
        scores = rng.random((2, *shape[:-1])).astype("float32")
        return np.round(scores[0]), np.where(scores[1] < 0.3, np.float32(metric.threshold), scores[1])
    labels = rng.integers(-1, metric.num_classes + 1, (2, *shape[:-1]))  # some outside on either side
    scores = [np.eye(metric.num_classes, dtype="float32")[label % metric.num_classes] for label in labels]
    kinds = zip((metric.sparse_y_true, metric.sparse_y_pred), labels, scores, strict=True)
    return tuple(label if sparse else score for sparse, label, score in kinds)


def make_weights(kind, samples, rng):
    """None, or quarters with a 0 among them: (samples,), or (samples, 1)."""
    if kind == "none":
        return None
    weight = (rng.integers(0, 12, samples) / 4).astype("float32")
    weight[0] = 0
    return weight[:, np.newaxis] if kind == "column" else weight


def to_dtype(values, dtype):
    """Cast as Keras does before it adds up: one more rounding."""
    u = allowance.unit_roundoff(dtype) * np.abs(values.value.astype("float64")) * (values.dtype != dtype)
    return Bounded(values.value.astype(dtype), values.error + u)


def bounded_values(metric, y_true, y_pred):
    """The metric's values with their bounds: the larger one where Keras' own formula loses more digits."""
    if isinstance(metric, LossMetric | Correlation | RootMeanSquaredError):
        found = [metric.values(y_true, Bounded(y_pred))]
        source = metric.loss_of(y_pred.dtype) if isinstance(metric, LossMetric) else metric
        if hasattr(source, "keras_values"):
            theirs = source.keras_values(y_true, Bounded(y_pred))
            found.append(theirs if isinstance(theirs, Bounded) else Bounded(theirs))
        found = [f if isinstance(f, Bounded) else Bounded(f) for f in found]
        bias = source.keras_bias() if hasattr(source, "keras_bias") else 0.0  # Keras' log 2 is a float32 number
        return to_dtype(Bounded(found[0].value, np.maximum.reduce([f.error for f in found]) + bias), metric.dtype)
    return Bounded(np.asarray(metric.values(y_true, y_pred)).astype(metric.dtype))  # True and False do not round


def bounded_mean(metric, batches):
    """The result of a mean over these batches, added up in the metric's dtype."""
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
    """Counts in eighths (quarters times a label's weight): sums and differences of such numbers do not round."""

    def __getitem__(self, index):
        return Exact(self.value[index])

    def __add__(self, other):
        return self._exact(self.value + other.value) if isinstance(other, Exact) else super().__add__(other)

    def __sub__(self, other):
        return self._exact(self.value - other.value) if isinstance(other, Exact) else super().__sub__(other)

    @staticmethod
    def _exact(value):
        assert np.array_equal(8 * value, np.rint(8 * value)) and np.all(np.abs(value) < 2**20)
        return Exact(value)


def counts_of(metric):
    for cls, names in COUNTS.items():
        if isinstance(metric, cls):
            return (metric.counted,) if isinstance(metric, Count) else names
    return ()


def bounded_from_counts(metric, dtype):
    """The result as made of exact counts in Keras' dtype: float32 for a confusion matrix, whatever the metric's."""
    dtype = "float32" if isinstance(metric, ConfusionMetric) else dtype
    shadow = copy.copy(metric)
    for name in counts_of(metric):
        setattr(shadow, name, Exact(np.asarray(getattr(metric, name)).astype(dtype)))
    return shadow.result()


@pytest.fixture(scope="session")
def check_stream(agree):
    """`check_stream(ours, theirs, batches)`: update both with every batch and compare state and result after each."""

    def check(ours, theirs, batches):
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
            else:
                agree(what, found, expected, bounded_from_counts(ours, expected.dtype))

    return check


def check_state(ours, theirs):
    for name in counts_of(ours):
        variable = theirs.accumulator if isinstance(ours, Count) else getattr(theirs, name, None)
        if variable is not None:  # Precision counts no negatives
            found = np.asarray(getattr(ours, name))
            assert np.array_equal(found, variable.numpy()), f"{ours.name}: {name}\n{found}\n{variable.numpy()}"


@pytest.fixture(scope="session")
def rounded():
    """`rounded(bounded, dtype)`: a Bounded as Keras casts it."""
    return to_dtype


@pytest.fixture(scope="session")
def batch_for():
    return make_batch


@pytest.fixture(scope="session")
def weights_for():
    return make_weights


@pytest.fixture(scope="session")
def stream_for():
    """`stream_for(metric, rng, kind, axes, dtype)`: batches of several sizes."""

    def stream(metric, rng, kind="none", axes=(), dtype="float32"):
        return [(*make_batch(metric, n, rng, axes, dtype), make_weights(kind, n, rng)) for n in BATCHES]

    return stream
