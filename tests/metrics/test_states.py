"""What a state may not depend on: samples without weight, batches, columns, the object that holds it. Without Keras."""

import numpy as np
import pytest

from handnn import metrics
from handnn.core.masks import with_mask
from handnn.metrics import metrics as registry
from handnn.metrics.base import function_of
from handnn.proof.keras.metric_cases import OPTIONS
from tests.metrics.test_registry import OPTIONAL, arguments

OF_PAIRS = {
    name: (cls, OPTIONS.get(name, [{}]))
    for name, cls in registry.items()
    if name not in ("mean", "sum", "mean_metric_wrapper", "r2_score")
}
MEANS = {name: cls for name, (cls, _) in OF_PAIRS.items() if issubclass(cls, metrics.Mean)}


def each(cases):
    return pytest.mark.parametrize("name", list(cases))


def state(metric):
    """The name, shape and value of everything that the metric has counted."""
    return [(v.name, v.value.shape, v.value.tolist()) for v in metric.variables]


def same(found, expected):
    return np.array_equal(found, expected, equal_nan=True)


def test_a_sample_of_weight_0_is_as_if_it_were_not_there(batch_for, rng):
    """Every metric with all its options: few samples, whose sums do not round otherwise with zeros in between."""
    for name, (cls, options) in OF_PAIRS.items():
        for given in options:
            whole, part = cls(**given), cls(**given)
            y_true, y_pred = batch_for(whole, 6, rng)
            weight = np.array([2, 0, 1, 3, 0, 1], getattr(whole, "dtype", "float32"))
            kept = weight > 0
            whole.update_state(y_true, y_pred, weight)
            part.update_state(y_true[kept], y_pred[kept], weight[kept])
            assert state(whole) == state(part) and same(whole.result(), part.result()), (name, given)


def test_the_state_continues_in_another_object_and_reset_keeps_its_shapes(batch_for, rng):
    for name, (cls, options) in {**OF_PAIRS, "r2_score": (metrics.R2Score, [{}])}.items():
        for given in options:
            ours, other = cls(**given), cls(**given)
            batches = [batch_for(ours, n, rng) for n in (5, 2)]
            ours.update_state(*batches[0])
            other.set_variables({v.name: v.value for v in ours.variables})
            assert state(other) == state(ours), (name, given)
            for metric in (ours, other):
                metric.update_state(*batches[1])
            assert state(other) == state(ours) and same(other.result(), ours.result()), (name, given)
            shapes = [v.value.shape for v in ours.variables]
            ours.reset_state()
            assert [(v.value.shape, np.any(v.value)) for v in ours.variables] == [(s, False) for s in shapes], name


def test_results_after_a_reset_have_the_shape_of_keras(keras, batch_for, rng):
    for name, options in (("F1Score", {}), ("R2Score", {"class_aggregation": None})):
        ours, theirs = (getattr(module, name)(**options) for module in (metrics, keras.metrics))
        batch = batch_for(ours, 5, rng)
        for metric in (ours, theirs):
            metric.update_state(*batch)
            metric.reset_state()
        assert same(ours.result(), theirs.result())


@each(n for n in registry if n not in ("mean_metric_wrapper", "cosine_similarity"))
def test_a_config_holds_every_argument_and_makes_the_same_metric(name):
    cls = registry[name]
    given = arguments(cls, OPTIONAL)
    config = cls(**given).get_config()
    assert {key: config[key] for key in given} == given
    assert cls.from_config(config).get_config() == config


def test_thresholds_and_counts_are_keras(keras):
    for name, (cls, options) in OF_PAIRS.items():
        theirs = getattr(keras.metrics, cls.__name__)
        if "thresholds" in dir(cls(**options[0])):
            assert np.array_equal(cls(**options[0]).thresholds, theirs(**options[0]).thresholds), name
        if name.endswith(("positives", "negatives")):
            assert [v.name for v in cls().variables] == [name]


# ---- Columns and their weights


@pytest.mark.parametrize("curve", [("ROC", "majoring"), ("PR", "interpolation")], ids=str)
@pytest.mark.parametrize("label_weights", [None, [1.0, 0.5, 0.0, 2.0]], ids=str)
def test_an_area_by_label_is_the_mean_of_the_columns_areas(curve, label_weights, batch_for, rng):
    options = {"num_thresholds": 9, "curve": curve[0], "summation_method": curve[1]}
    ours = metrics.AUC(**options, multi_label=True, label_weights=label_weights)
    columns = [metrics.AUC(**options) for _ in range(4)]
    for samples in (7, 3):
        (y_true, y_pred), weight = batch_for(ours, samples, rng), np.arange(samples) / 4
        ours.update_state(y_true, y_pred, weight)
        for i, column in enumerate(columns):
            column.update_state(y_true[:, i], y_pred[:, i], weight)
    areas, weights = [column.result() for column in columns], np.ones(4) if label_weights is None else label_weights
    assert len(set(areas)) > 1 and ours.result() == np.sum(areas * np.asarray(weights)) / np.sum(weights)
    assert all(np.array_equal(ours.true_positives[:, i], column.true_positives) for i, column in enumerate(columns))


def test_weights_of_labels_are_sample_weights_of_their_columns(batch_for, rng):
    label_weights = np.array([1, 0.5, 0, 2])
    ours, plain = metrics.AUC(label_weights=label_weights), metrics.AUC()
    for weight in (None, np.arange(6) / 4):
        y_true, y_pred = batch_for(ours, 6, rng)
        ours.update_state(y_true, y_pred, weight)
        own = np.ones(6) if weight is None else weight
        plain.update_state(y_true, y_pred, own[:, np.newaxis] * label_weights)
        assert state(ours) == state(plain)


# ---- Values, dtypes, masks


def test_logits_have_a_sigmoid_in_their_own_dtype():
    """Numbers that float32 has not; 1 and 0 for a metric of either dtype."""
    assert metrics.AUC(from_logits=True)(np.array([1, 0]), np.array([1e300, -1e300])) == 1
    assert metrics.AUC(from_logits=True)(np.array([1, 0]), np.array([1, -1])) == 1


@each(MEANS)
def test_masked_steps_do_not_count_but_for_the_root_mean_square(name, batch_for, rng):
    cls, options = OF_PAIRS[name]
    ours, plain = cls(**options[0]), cls(**options[0])
    y_true, y_pred = batch_for(ours, 3, rng, (2,))
    mask = np.array([[True, False], [True, True], [False, True]])
    ours.update_state(y_true, with_mask(y_pred, mask))
    plain.update_state(y_true, y_pred, mask if name != "root_mean_squared_error" else None)
    assert ours.result() == plain.result()


@each(n for n, cls in MEANS.items() if hasattr(cls, "loss"))
def test_losses_are_computed_in_the_dtype_of_the_predictions(name, dtype, batch_for, rng):
    ours = MEANS[name](dtype="float32")
    y_true, y_pred = batch_for(ours, 3, rng, dtype=dtype)
    assert ours.values(*ours.prepare(y_true, y_pred)).dtype == dtype
    assert ours.values(*ours.prepare(y_true, y_pred.astype(int))).dtype == "float32"


def test_a_batch_without_weight_leaves_an_r2_score_as_it_is(rng):
    ours, (y_true, y_pred) = metrics.R2Score(), rng.normal(size=(2, 5, 3))
    ours.update_state(y_true, y_pred)
    before = ours.result()
    ours.update_state(y_pred, y_true, np.zeros(5))
    assert ours.result() == before


def test_a_perfect_iou_of_many_samples_is_less_than_1(keras):
    labels = np.zeros(100, int)
    assert all(float(module.MeanIoU(1)(labels, labels)) < 1 for module in (metrics, keras.metrics))


# ---- Metrics of one's own


def test_variables_of_a_metric_of_ones_own(keras):
    """Each is returned as it is made, in its own dtype."""
    found = []
    for module in (metrics, keras.metrics):
        metric = type("Own", (module.Metric,), {})(name="own")
        made = [
            metric.add_variable((2,), "ones", dtype="float64", name="a"),
            metric.add_variable((), "zeros", name="b"),
            metric.add_weight((2,), "ones", dtype="float64", name="c"),
        ]
        assert all(one is other for one, other in zip(made, metric.variables, strict=True))
        found.append([(v.name, np.asarray(v).tolist(), str(np.asarray(v).dtype)) for v in made])
    assert found[0] == found[1]
    assert metrics.Metric(name="own").add_weight((2,)).value.tolist() == [0, 0]


def test_set_variables_leaves_those_that_are_not_named():
    metric = type("Own", (metrics.Metric,), {})(name="own")
    for name in ("a", "b"):
        metric.add_variable((2,), "ones", name=name)
    metric.set_variables({"b": np.array([2, 3])})
    assert [v.value.tolist() for v in metric.variables] == [[1, 1], [2, 3]]


def test_what_is_no_number_is_no_variable():
    class Longest(metrics.Metric):
        def reset_state(self):
            self.names, self.longest = [], 0

    assert [v.name for v in Longest().variables] == ["longest"]


def test_functions_and_their_configs(monkeypatch):
    monkeypatch.setattr("handnn.metrics.base.functions", {})
    function = function_of(metrics.BinaryAccuracy)
    assert function.__name__ == function.__qualname__ == "binary_accuracy"
    of = metrics.MeanMetricWrapper.from_config
    assert of({"fn": function, "name": "mine"}).fn is function
    for known, fn in (("binary_accuracy", function), ("mean_squared_error", metrics.mean_squared_error)):
        assert of({"fn": {"config": known}}).fn is fn


def test_a_mean_of_a_number_and_of_numbers_with_one_weight(keras):
    for given in ((np.float32(1.5),), (2.5, 4), (np.array([1.0, 4.0], "float32"), 2)):
        found, expected = (m.Mean() for m in (metrics, keras.metrics))
        for metric in (found, expected):
            metric.update_state(np.float32(0.25), sample_weight=4)
            metric.update_state(*given)
        assert found.result() == float(expected.result())
