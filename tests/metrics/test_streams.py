"""Every metric of the registry against Keras' metric object: streams of batches, weights, ties, reset, shapes."""

import numpy as np
import pytest

from handnn import losses, metrics
from handnn.metrics import metrics as registry
from handnn.core.naming import snake_case
from handnn.proof.keras.metric_cases import EVENLY, OPTIONS, UNORDERED

NOT_OF_PAIRS = ("mean", "sum", "mean_metric_wrapper")


def skip_if_missing(cls):
    """A metric whose loss is not there (yet)."""
    name = getattr(cls, "loss", None)
    return [pytest.mark.skipif(name not in losses.losses, reason=f"no loss {name}")] if name else []


def slow_by_label(options):
    """An area for each label, which takes Keras a second; test_states.py has it by columns."""
    return [pytest.mark.slow] if options.get("multi_label") else []


PAIRS = [(name, cls) for name, cls in registry.items() if name not in NOT_OF_PAIRS and name != "r2_score"]
VARIANTS = [
    pytest.param(cls, options, marks=skip_if_missing(cls) or slow_by_label(options), id=f"{name}-{i}")
    for name, cls in PAIRS
    for i, options in enumerate(OPTIONS.get(name, [{}]))
]
FIRST = [
    pytest.param(cls, OPTIONS.get(name, [{}])[0], marks=skip_if_missing(cls), id=name)
    for name, cls in PAIRS
    if not name.endswith("io_u")
]
each_variant = pytest.mark.parametrize(("cls", "options"), VARIANTS)
each_metric = pytest.mark.parametrize(("cls", "options"), FIRST)


def pair(keras, cls, options, dtype=None):
    if dtype is not None and not issubclass(cls, metrics.IoU):
        options = options | {"dtype": dtype}
    return cls(**options), getattr(keras.metrics, cls.__name__)(**options)


def test_options_are_of_metrics_that_there_are():
    assert set(OPTIONS) <= set(registry)


def rank_3(metric):
    """Whether the metric takes y_pred with an axis of steps."""
    return not isinstance(metric, metrics.FBetaScore | metrics.AUC)


def kind_of_options(options):
    """The names of the options, the curve and the average; of the curve PR, which is the odd one, also the method."""
    method = options.get("summation_method") if options.get("curve") == "PR" else None
    return tuple(options), options.get("curve"), options.get("average"), method


@pytest.mark.quick(cover={"cls": None, "kind": None, "dtype": None, "options": kind_of_options})
@each_variant
@pytest.mark.parametrize("kind", ["none", "row"])
def test_streams_are_keras(cls, options, kind, dtype, keras, check_stream, stream_for, rng):
    ours, theirs = pair(keras, cls, options, dtype)
    batches = stream_for(ours, rng, kind, dtype="float32" if "top_k_categorical" in snake_case(cls.__name__) else dtype)
    if issubclass(cls, metrics.IoU) and kind == "row":  # whole numbers, or Keras cuts them
        batches = [(y, p, np.floor(w).astype(ours.dtype)) for y, p, w in batches]
    check_stream(ours, theirs, batches)
    ours.reset_state()
    theirs.reset_state()
    check_stream(ours, theirs, batches[:1])


@pytest.mark.quick(12)
@each_metric
@pytest.mark.parametrize("kind", ["none", "row", "column"])
def test_steps_and_columns_of_weights(cls, options, kind, keras, check_stream, stream_for, rng):
    ours, theirs = pair(keras, cls, options)
    axes = (3,) if isinstance(ours, metrics.Mean) else ()
    if kind == "column" and isinstance(ours, metrics.FBetaScore):
        pytest.skip("Keras' FBetaScore takes one weight a sample")
    check_stream(ours, theirs, stream_for(ours, rng, kind, axes))


@pytest.mark.quick(10)
@each_metric
def test_a_weight_for_every_step(cls, options, keras, check_stream, batch_for, rng):
    ours, theirs = pair(keras, cls, options)
    axes, shape = ((3,), (6, 3)) if isinstance(ours, metrics.Mean) else ((), (6,))
    weight = (rng.integers(0, 9, shape) / 4).astype("float32")
    check_stream(ours, theirs, [(*batch_for(ours, 6, rng, axes), weight)])


@pytest.mark.quick(10)
@each_metric
def test_float64_predictions_for_a_float32_metric(cls, options, keras, check_stream, stream_for, rng):
    """As a float64 model has them with metrics asked for by name."""
    ours, theirs = pair(keras, cls, options)
    batches = stream_for(ours, rng, "row", dtype="float32" if "TopK" in cls.__name__ else "float64")
    check_stream(ours, theirs, batches)


FLAT = ["binary_accuracy", "accuracy", "mean_squared_error", "precision", "auc", "true_negatives"]


@pytest.mark.parametrize("flat", ["y_true", "y_pred", "both"])
@pytest.mark.parametrize("cls", [pytest.param(registry[n], marks=skip_if_missing(registry[n]), id=n) for n in FLAT])
def test_one_output_may_come_flat(cls, flat, keras, check_stream, batch_for, weights_for, rng):
    ours, theirs = pair(keras, cls, {})
    y_true, y_pred = batch_for(ours, 9, rng)
    y_true, y_pred = y_true[:, :1], y_pred[:, :1]
    if flat in ("y_true", "both"):
        y_true = y_true[:, 0]
    if flat in ("y_pred", "both") and not isinstance(ours, metrics.MeanSquaredError):
        y_pred = y_pred[:, 0]
    check_stream(ours, theirs, [(y_true, y_pred, weight) for weight in (None, weights_for("row", 9, rng))])


@each_metric
def test_lists_and_a_call_give_the_same(cls, options, batch_for, rng):
    ours, again = cls(**options), cls(**options)
    y_true, y_pred = batch_for(ours, 5, rng, dtype="float64")
    weight = [1.0, 2.0, 0.0, 1.0, 3.0]
    ours.update_state(y_true, y_pred, np.array(weight))
    assert np.array_equal(ours.result(), again(y_true.tolist(), y_pred.tolist(), weight), equal_nan=True)


@pytest.mark.parametrize("shape", [(), (1,)], ids=str)
def test_one_weight_for_all(shape, keras, check_stream, batch_for, rng):
    ours, theirs = metrics.MeanSquaredError(), keras.metrics.MeanSquaredError()
    weight = np.full(shape, 2.5, "float32")
    check_stream(ours, theirs, [(*batch_for(ours, n, rng), weight) for n in (3, 5)])


def test_sorted_ids(keras, check_stream, rng):
    options = {"k": 2, "from_sorted_ids": True}
    ours, theirs = (m.SparseTopKCategoricalAccuracy(**options) for m in (metrics, keras.metrics))
    ids = np.array([rng.permutation(6) for _ in range(20)])
    check_stream(ours, theirs, [(rng.integers(0, 6, 20), ids, None)])


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", ["pearson_correlation", "concordance_correlation"])
def test_axis_of_the_correlations(name, axis, dtype, keras, check_stream, stream_for, rng):
    ours, theirs = pair(keras, registry[name], {"axis": axis}, dtype)
    check_stream(ours, theirs, stream_for(ours, rng, dtype=dtype))


# NaN, infinity, signed zero: what comes of a run that diverges.

NAN, INF = np.nan, np.inf
ODD = np.array(
    [
        [1, NAN, 3, 2],
        [NAN, 1, 2, 0],
        [NAN, NAN, NAN, NAN],
        [-0.0, 0, -0.0, 0],
        [-INF, -1, -INF, -2],
        [0, INF, INF, 1],
        [0, 0, 0, 1],
    ]
)


@pytest.mark.parametrize("name", ["categorical_accuracy", "sparse_categorical_accuracy"])
def test_the_largest_of_odd_rows(name, dtype, keras):
    for row in ODD.astype(dtype):
        for label in range(4):
            y_true = np.array([label]) if name.startswith("sparse") else np.eye(4, dtype=dtype)[[label]]
            found, expected = (m(y_true, row[None]) for m in pair(keras, registry[name], {}))
            assert found == float(expected), (row, label)


@pytest.mark.parametrize("k", [1, 2, 4, 9])
def test_top_k_of_odd_rows_and_of_labels_outside(k, keras):
    y_pred = np.repeat(ODD, 6, axis=0).astype("float32")
    y_true = np.tile(np.arange(-1, 5), len(ODD))
    found = metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k=k)
    assert np.array_equal(found, keras.metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k=k))


AREAS = {"auc": {"num_thresholds": 5}, "auc of thresholds": {"thresholds": [0.1, 0.5, 0.6]}}
AREAS["auc of even thresholds"] = {"thresholds": [0.25, 0.5, 0.75]}


@pytest.mark.parametrize("options", [{}, EVENLY, UNORDERED, *AREAS], ids=str)
def test_counts_of_odd_predictions(options, keras, check_stream, rng):
    if isinstance(options, str):
        ours, theirs = (m.AUC(**AREAS[options]) for m in (metrics, keras.metrics))
    else:
        ours, theirs = (m.Recall(**options) for m in (metrics, keras.metrics))
    y_pred = np.array([NAN, INF, -INF, -1, 2, 0, -0.0, 1, 0.5, 2e-38, -1e-8, 1 + 1e-7], "float32")
    y_true = rng.integers(0, 2, y_pred.shape).astype("float32")
    check_stream(ours, theirs, [(y_true, y_pred, None), (1 - y_true, y_pred, None)])


def test_evenly_spaced_thresholds_round_as_keras(keras, check_stream):
    """At the thresholds themselves and on both their sides, where ceil(y (T - 1)) and y > t may differ."""
    for count in (3, 7, 200):
        even = np.arange(count, dtype="float32") / np.float32(count - 1)
        y_pred = np.concatenate([even, np.nextafter(even, np.float32(2)), np.nextafter(even, np.float32(-1))])
        y_pred[np.abs(y_pred) < np.finfo("float32").tiny] = 0  # TensorFlow would flush the neighbours of 0
        ours, theirs = (m.AUC(num_thresholds=count) for m in (metrics, keras.metrics))
        check_stream(ours, theirs, [((np.arange(y_pred.size) % 2).astype("float32"), y_pred, None)])
        ours, theirs = (m.TruePositives(thresholds=even.tolist()) for m in (metrics, keras.metrics))
        check_stream(ours, theirs, [(np.ones(y_pred.size, "float32"), y_pred, None)])
    assert any(np.ceil(t * np.float32(199)) - 1 != i - 1 for i, t in enumerate(even))  # such ties are among them


def test_a_row_of_zeros_predicts_no_class(keras, check_stream):
    y_pred = np.array([[0, 0, 0], [0, 1e-10, 0], [0, 0.5, 0.5]], "float32")
    check_stream(metrics.F1Score(), keras.metrics.F1Score(), [(np.eye(3, dtype="float32"), y_pred, None)])


def test_labels_with_a_last_axis_for_predictions_without(keras, check_stream, rng):
    y_true, y_pred = rng.integers(0, 2, (5, 3, 1)), rng.random((5, 3))
    check_stream(metrics.Precision(), keras.metrics.Precision(), [(y_true, y_pred, None)])


def test_labels_that_are_not_0_count_as_1(keras, check_stream):
    batches = [(np.array([0.1, 0, -2, 1]), np.array([0.9, 0.8, 0.7, 0.1]), None)]
    check_stream(metrics.Precision(), keras.metrics.Precision(), batches)


# Planted mistakes.


def planted(monkeypatch, keras, check_stream, batches, cls, method, mistake, match):
    monkeypatch.setattr(cls, method, mistake)
    with pytest.raises(AssertionError, match=match):
        check_stream(cls(), getattr(keras.metrics, cls.__name__)(), batches)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda self, true, pred: true.argmax(axis=-1) == (pred.shape[-1] - 1 - pred[..., ::-1].argmax(axis=-1)),  # ties
        lambda self, true, pred: true.argmax(axis=-1) != pred.argmax(axis=-1),
    ],
    ids=["the last of two largest", "the contrary"],
)
def test_a_wrong_value_is_seen(mistake, monkeypatch, keras, check_stream, stream_for, rng):
    batches = stream_for(metrics.CategoricalAccuracy(), rng)
    planted(monkeypatch, keras, check_stream, batches, metrics.CategoricalAccuracy, "values", mistake, "accuracy")


def test_a_threshold_that_is_passed_when_it_is_met_is_seen(monkeypatch, keras, check_stream, stream_for, rng):
    mistake = lambda self, p: (p >= self.values[0]).astype(int)  # noqa: E731
    batches = stream_for(metrics.Precision(), rng)
    monkeypatch.setattr("handnn.metrics.thresholds.Thresholds.passed", mistake)
    with pytest.raises(AssertionError, match="true_positives"):
        check_stream(metrics.Precision(), keras.metrics.Precision(), batches)


def test_a_forgotten_epsilon_is_seen(monkeypatch, keras, check_stream, stream_for, rng):
    ours, theirs = (m.F1Score(average="micro", dtype="float64") for m in (metrics, keras.metrics))
    monkeypatch.setattr("handnn.metrics.fscore.epsilon", lambda: 0.0)
    with pytest.raises(AssertionError, match="f1_score"):
        check_stream(ours, theirs, stream_for(ours, rng))


def test_ignored_weights_and_a_mean_of_means_are_seen(monkeypatch, keras, check_stream, stream_for, rng):
    def mean_of_means(self, y_true, y_pred, sample_weight=None):
        self.total += float(self.values(y_true, y_pred).mean())
        self.count += 1

    weighted = stream_for(metrics.MeanSquaredError(), rng, "row")
    for batches in (weighted, [(y, p, None) for y, p, _ in weighted]):
        with monkeypatch.context() as here:
            of = metrics.MeanSquaredError
            planted(here, keras, check_stream, batches, of, "update_state", mean_of_means, "mean_squared_error")
