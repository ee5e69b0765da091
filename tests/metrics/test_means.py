"""Mean, Sum, MeanMetricWrapper and R2Score, whose states are not those of the other metrics."""

from fractions import Fraction

import numpy as np
import pytest

import handnn
from handnn import metrics
from handnn.metrics.base import samplewise
from handnn.proof.keras.metrics import BATCHES, SHAPES, hold_r2, hold_values, r2_batches
from handnn.rounding.bounded import Bounded


@pytest.mark.parametrize("shapes", SHAPES.values(), ids=list(SHAPES))
@pytest.mark.parametrize("cls", ["Mean", "Sum"])
def test_values_and_weights_of_every_shape(cls, shapes, dtype, keras, assert_agrees, rng):
    ours, theirs = (getattr(m, cls)(dtype=dtype) for m in (metrics, keras.metrics))
    hold_values(assert_agrees, ours, theirs, shapes, dtype, rng)
    ours.reset_state()
    theirs.reset_state()
    assert ours.result() == theirs.result().numpy() == 0


def test_mean_of_batch_losses_is_keras(keras, assert_agrees, rng):
    """As fit uses it: one number and the size of its batch."""
    ours, theirs, total, count = metrics.Mean(name="loss"), keras.metrics.Mean(name="loss"), 0.0, 0
    for n in BATCHES:
        value = np.float32(rng.uniform(0, 2))
        ours.update_state(value, sample_weight=n)
        theirs.update_state(value, sample_weight=n)
        total, count = total + Bounded(value) * n, count + n
        assert_agrees("mean", np.float32(ours.result()), theirs.result().numpy(), total / count)


def test_a_sum_goes_on_where_float32_stops(keras):
    """2^24 is the last whole number up to which float32 counts in ones."""
    ours, theirs = (m.Sum() for m in (metrics, keras.metrics))
    for metric in (ours, theirs):
        metric.update_state(np.float32(2**24))
        for _ in range(3):
            metric.update_state(np.float32(1))
    assert ours.result() == 2**24 + 3
    assert theirs.result().numpy() == 2**24


# Functions


def half_distance(y_true, y_pred, power=1):
    return abs(y_true - y_pred).sum(-1) ** power / 2 if isinstance(y_pred, np.ndarray) else _half(y_true, y_pred, power)


def _half(y_true, y_pred, power):
    from keras import ops

    return ops.sum(ops.abs(y_true - y_pred), axis=-1) ** power / 2


@pytest.mark.parametrize("options", [{}, {"power": 2}], ids=str)
def test_a_function_of_ones_own(options, keras, rng):
    ours, theirs = (m.MeanMetricWrapper(half_distance, name="half", **options) for m in (metrics, keras.metrics))
    for n in (4, 8):  # whole numbers: exact
        y_true, y_pred = (rng.integers(0, 9, (n, 3)).astype("float32") for _ in range(2))
        weight = rng.integers(0, 4, n).astype("float32")
        ours.update_state(y_true, y_pred, weight)
        theirs.update_state(keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred), weight)
    assert np.float32(ours.result()) == theirs.result().numpy()
    assert ours.get_config()["fn"] == theirs.get_config()["fn"]
    assert ours.get_config().get("power") == theirs.get_config().get("power")


def test_a_known_function_survives_its_config(keras):
    theirs = keras.metrics.MeanMetricWrapper(keras.metrics.binary_accuracy, name="mine")
    ours = metrics.get(keras.metrics.serialize(theirs))
    assert (type(ours), ours.name, ours.fn) == (metrics.MeanMetricWrapper, "mine", metrics.binary_accuracy)
    assert type(keras.metrics.deserialize(metrics.serialize(ours))) is keras.metrics.MeanMetricWrapper


FUNCTIONS = {
    "binary_accuracy": {"threshold": 0.25},
    "categorical_accuracy": {},
    "sparse_categorical_accuracy": {},
    "top_k_categorical_accuracy": {"k": 2},
    "sparse_top_k_categorical_accuracy": {"k": 2},
}


@pytest.mark.parametrize(("name", "options"), FUNCTIONS.items(), ids=list(FUNCTIONS))
def test_functions_of_accuracies_are_keras(name, options, keras, batch_for, rng):
    y_true, y_pred = batch_for(metrics.metrics[name](), 9, rng)
    found, expected = (getattr(m, name)(y_true, y_pred, **options) for m in (metrics, keras.metrics))
    assert np.array_equal(found, expected) and found.dtype == expected.numpy().dtype


@pytest.mark.parametrize("name", ["pearson_correlation", "concordance_correlation"])
def test_functions_of_correlations_are_keras(name, dtype, keras, assert_agrees, batch_for, rng):
    metric = metrics.metrics[name]()
    y_true, y_pred = batch_for(metric, 9, rng, dtype=dtype)
    source = getattr(metric, "keras_values", metric.values)
    found, expected = (getattr(m, name)(y_true, y_pred) for m in (metrics, keras.metrics))
    assert_agrees(name, found, expected, source(y_true, Bounded(y_pred)))


def test_functions_of_losses_are_those_of_handnn_losses():
    assert metrics.mean_squared_error is handnn.losses.mean_squared_error
    with pytest.raises(AttributeError, match="nonsense"):
        metrics.nonsense  # noqa: B018


@pytest.mark.parametrize("constant", ["y_true", "y_pred"])
def test_correlation_with_a_constant_is_nan(constant, keras):
    rows = {"y_true": np.arange(6.0).reshape(2, 3), "y_pred": np.arange(6.0)[::-1].reshape(2, 3)}
    rows[constant] = np.ones((2, 3))
    for module in (metrics, keras.metrics):
        assert np.isnan(float(module.PearsonCorrelation()(**rows)))


# R2Score


R2_OPTIONS = [
    {"class_aggregation": aggregation, "num_regressors": p}
    for aggregation in (None, "uniform_average", "variance_weighted_average")
    for p in (0, 2)
]


@pytest.mark.quick(6)
@pytest.mark.parametrize("options", R2_OPTIONS, ids=str)
@pytest.mark.parametrize("kind", ["none", "row", "column"])
def test_r2_score_is_keras(options, kind, dtype, keras, assert_agrees, rng):
    ours, theirs = (m.R2Score(**options, dtype=dtype) for m in (metrics, keras.metrics))
    hold_r2(assert_agrees, ours, theirs, r2_batches(rng, kind))
    assert ours.num_samples == int(theirs.num_samples)


def test_r2_score_of_constants(keras):
    for y_pred in (np.zeros((3, 1)), np.full((3, 1), 0.5)):
        found, expected = (float(m.R2Score()(np.full((3, 1), 0.5), y_pred)) for m in (metrics, keras.metrics))
        assert np.array_equal(found, expected, equal_nan=True)
    for y_pred in (np.zeros((3, 1)), np.full((3, 1), 0.1)):  # whose sum of squares rounds; Keras divides by the rest
        assert metrics.R2Score()(np.full((3, 1), 0.1), y_pred) == 0 or (y_pred == 0.1).all()


def test_adjusted_r2_score_of_too_few_samples(keras):
    y_true, y_pred = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.5], [4.0]])
    for regressors in (2, 3):
        ours, theirs = (m.R2Score(num_regressors=regressors) for m in (metrics, keras.metrics))
        with pytest.warns(UserWarning, match="adjusted"):
            found = ours(y_true, y_pred)
        with pytest.warns(UserWarning, match="[Aa]djusted"):
            expected = theirs(y_true, y_pred).numpy()
        assert np.float32(found) == expected == np.float32(metrics.R2Score()(y_true, y_pred))


def exact_r2(batches):
    y = [Fraction(float(t)) for batch in batches for t in batch[0][:, 0]]
    p = [Fraction(float(t)) for batch in batches for t in batch[1][:, 0]]
    mean = sum(y) / len(y)
    residual = sum((a - b) ** 2 for a, b in zip(y, p, strict=True))
    return float(1 - residual / sum((a - mean) ** 2 for a in y))


def test_r2_score_keeps_its_digits_far_from_zero(keras, rng):
    """Keras subtracts two sums of some 10^9 in float32 and is left with noise."""
    batches = [((t + 8192).astype("float32"), (p + 8192).astype("float32"), None)
               for t, p, _ in r2_batches(rng, "none", outputs=1)]  # fmt: skip
    ours, theirs = (m.R2Score() for m in (metrics, keras.metrics))
    for batch in batches:
        ours.update_state(*batch)
        theirs.update_state(*batch)
    assert np.float32(ours.result()) == np.float32(exact_r2(batches))
    assert abs(float(theirs.result()) - exact_r2(batches)) > 0.1


def test_a_variance_without_what_lies_between_the_batches_is_seen(monkeypatch, keras, assert_agrees, rng):
    gather = metrics.R2Score.gather

    def mistake(self, y, p, w):
        self.mean = ((y * w).sum(axis=0)) / w.sum(axis=0)  # as if the batches had one mean
        gather(self, y, p, w)

    monkeypatch.setattr(metrics.R2Score, "gather", mistake)
    with pytest.raises(AssertionError, match="r2_score"):
        test_r2_score_is_keras({}, "none", "float32", keras, assert_agrees, rng)


def test_a_wrong_adjustment_is_seen(monkeypatch, keras, assert_agrees, rng):
    monkeypatch.setattr(metrics.R2Score, "adjusted", lambda self, score: score)
    with pytest.raises(AssertionError, match="r2_score"):
        test_r2_score_is_keras({"num_regressors": 2}, "none", "float32", keras, assert_agrees, rng)


def test_a_sum_where_a_mean_belongs_is_seen(monkeypatch, keras, assert_agrees, rng):
    summing = lambda values, weight, means=True: samplewise(values, weight, means=False)  # noqa: E731
    monkeypatch.setattr("handnn.metrics.base.samplewise", summing)
    with pytest.raises(AssertionError, match="Mean"):
        test_values_and_weights_of_every_shape("Mean", ((6, 3, 2), (6,)), "float32", keras, assert_agrees, rng)
