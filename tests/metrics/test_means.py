"""Every metric of the registry against Keras': several batches, weights, ties, reset, names and configs."""

import inspect

import numpy as np
import pytest

from handnn import losses, metrics
from handnn.metrics import metrics as registry
from handnn.verify import allowance
from handnn.verify.rounding import Bounded

CLASSES = 4
each_metric = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
BATCHES = (7, 7, 3)


def batch(name, samples, rng, axes=()):
    """(y_true, y_pred) of the kind the metric of this name expects, with ties and exact hits among them."""
    shape = (samples, *axes, CLASSES)
    if name in losses.losses:
        return rng.normal(size=shape).astype("float32"), rng.normal(size=shape).astype("float32")
    y_pred = (rng.integers(0, 5, shape) / 4).astype("float32")  # quarters: rows with two largest, and 1/2 itself
    if name == "sparse_categorical_accuracy":
        return rng.integers(0, CLASSES, shape[:-1]), y_pred
    if name == "categorical_accuracy":
        return np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, shape[:-1])], y_pred
    quarters = rng.integers(0, 5, shape) / 4
    return (quarters if name == "accuracy" else np.round(quarters)).astype("float32"), y_pred


def bounded(result, elements):
    """Keras' running mean in float32: a quotient of sums of terms that are not negative, each term rounded."""
    return Bounded(np.float32(result), allowance.gamma(2 * elements, allowance.unit_roundoff("float32")) * abs(result))


def check_against_keras(agree, ours, theirs, batches):
    elements = 0
    for y_true, y_pred, weight in batches:
        ours.update_state(y_true, y_pred, weight)
        theirs.update_state(y_true, y_pred, weight)
        elements += y_pred.size
        result = ours.result()
        agree(f"{ours.name} after {elements}", np.float32(result), theirs.result().numpy(), bounded(result, elements))


def weights_for(kind, samples, rng):
    if kind == "none":
        return None
    weight = rng.uniform(0, 3, samples)
    weight[0] = 0
    return (weight[:, np.newaxis] if kind == "column" else weight).astype("float32")


@each_metric
@pytest.mark.parametrize("kind", ["none", "row", "column"])
@pytest.mark.parametrize("axes", [(), (3,)], ids=["rank 2", "rank 3"])
def test_running_means_are_keras(name, cls, kind, axes, keras, agree, rng):
    ours, theirs = cls(), getattr(keras.metrics, cls.__name__)()
    batches = [(*batch(name, n, rng, axes), weights_for(kind, n, rng)) for n in BATCHES]
    check_against_keras(agree, ours, theirs, batches)
    ours.reset_state()
    theirs.reset_state()
    assert ours.result() == theirs.result().numpy() == 0
    check_against_keras(agree, ours, theirs, batches[:1])


@pytest.mark.parametrize("name", [name for name in registry if name.endswith("accuracy")])
def test_a_share_of_samples_is_exactly_keras(name, keras, rng):
    """Whole numbers up to 2^24 are sums without rounding, and one division rounds alike on both sides."""
    ours, theirs = registry[name](), getattr(keras.metrics, registry[name].__name__)()
    for n in BATCHES:
        y_true, y_pred = batch(name, n, rng)
        if "categorical" not in name:
            y_true, y_pred = y_true[:, :1], y_pred[:, :1]  # of wider rows Keras takes the mean first, which rounds
        ours.update_state(y_true, y_pred)
        theirs.update_state(y_true, y_pred)
    assert np.float32(ours.result()) == theirs.result().numpy()


@each_metric
def test_lists_and_a_call_give_the_same(name, cls, keras, agree, rng):
    y_true, y_pred = batch(name, 5, rng)
    result = cls()(y_true.tolist(), y_pred.tolist(), [1.0, 2.0, 0.0, 1.0, 3.0])
    expected = getattr(keras.metrics, cls.__name__)()(y_true, y_pred, [1.0, 2.0, 0.0, 1.0, 3.0]).numpy()
    agree(name, np.float32(result), expected, bounded(result, y_pred.size))


FLAT = ["binary_accuracy", "accuracy", "mean_squared_error", "mean_absolute_error"]


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("flat", ["y_true", "y_pred"])
def test_one_output_may_come_flat(name, flat, keras, agree, rng):
    y_true, y_pred = batch(name, 9, rng)
    pair = (y_true[:, 0], y_pred[:, :1], None) if flat == "y_true" else (y_true[:, :1], y_pred[:, 0], None)
    check_against_keras(agree, registry[name](), getattr(keras.metrics, registry[name].__name__)(), [pair])


def test_accuracy_casts_to_the_dtype_of_the_prediction(keras):
    y_true, y_pred = np.array([[0.1], [0.2]]), np.array([[0.1], [0.3]], "float32")
    assert metrics.Accuracy()(y_true, y_pred) == keras.metrics.Accuracy()(y_true, y_pred).numpy() == 0.5


@each_metric
def test_weights_for_every_step(name, cls, keras, agree, rng):
    y_true, y_pred = batch(name, 6, rng, (3,))
    weight = rng.uniform(0, 3, (6, 3)).astype("float32")
    check_against_keras(agree, cls(), getattr(keras.metrics, cls.__name__)(), [(y_true, y_pred, weight)])


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.75])
def test_threshold_of_binary_accuracy(threshold, keras, agree, rng):
    ours, theirs = (m.BinaryAccuracy(threshold=threshold) for m in (metrics, keras.metrics))
    check_against_keras(agree, ours, theirs, [(*batch("binary_accuracy", 9, rng), None)])
    assert ours.get_config()["threshold"] == theirs.get_config()["threshold"]


def test_mean_of_batch_losses_is_keras(keras, agree, rng):
    """As fit uses it: one number and the size of its batch."""
    ours, theirs = metrics.Mean(name="loss"), keras.metrics.Mean(name="loss")
    for n in BATCHES:
        value = np.float32(rng.uniform(0, 2))
        ours.update_state(value, sample_weight=n)
        theirs.update_state(value, sample_weight=n)
        agree("mean", np.float32(ours.result()), theirs.result().numpy(), bounded(ours.result(), 10))


def test_mean_of_arrays_is_keras(keras):
    ours, theirs = metrics.Mean(), keras.metrics.Mean()
    for values in ([1.0, 3.0, 5.0, 7.0], [9.0]):
        ours.update_state(values)
        theirs.update_state(values)
    assert ours.result() == theirs.result().numpy() == 5.0


# Names, configs, and what 'accuracy' means


@each_metric
def test_config_and_arguments_are_keras(name, cls, keras):
    theirs = getattr(keras.metrics, cls.__name__)
    assert cls(name="mine").get_config() == theirs(name="mine").get_config()
    ours, expected = (inspect.signature(c).parameters for c in (cls, theirs.__init__))
    assert set(ours) == set(expected) - {"self"}
    again = metrics.get(keras.metrics.serialize(theirs(name="mine")))
    assert (type(again), again.name) == (cls, "mine")


@each_metric
def test_name_is_keras_for_every_instance(name, cls, keras):
    assert [cls().name, cls().name] == [getattr(keras.metrics, cls.__name__)().name] * 2


@each_metric
def test_dtype_is_kept_in_the_config(name, cls, keras):
    theirs = getattr(keras.metrics, cls.__name__)(name="mine", dtype="float64")
    assert cls(name="mine", dtype="float64").get_config() == theirs.get_config()


@each_metric
def test_identifiers_and_their_names_are_keras(name, cls, keras, rng):
    meant = (getattr(keras.metrics, cls.__name__), getattr(keras.metrics, name, None))
    identifiers = [key for key, value in keras.src.metrics.ALL_OBJECTS_DICT.items() if value in meant]
    y_true, y_pred = batch(name, 3, rng)
    for identifier in identifiers:
        if identifier.lower() == "accuracy":
            continue
        theirs = keras.src.trainers.compile_utils.get_metric(identifier, y_true, y_pred)
        assert (type(metrics.get(identifier)), metrics.get(identifier).name) == (cls, theirs.name)


SHAPES = [((9,), (9, 1)), ((9, 1), (9, 1)), ((9,), (9, 4)), ((9, 1), (9, 4)), ((9, 4), (9, 4)), ((9, 3), (9, 3, 4))]


@pytest.mark.parametrize(("true", "pred"), [*SHAPES, ((9, 3, 1), (9, 3, 4)), ((9, 3, 4), (9, 3, 4))], ids=str)
@pytest.mark.parametrize("identifier", ["accuracy", "acc", "Accuracy"])
def test_accuracy_is_what_keras_makes_of_the_shapes(identifier, true, pred, keras):
    y_true, y_pred = np.zeros(true), np.zeros(pred)
    theirs = keras.src.trainers.compile_utils.get_metric(identifier, y_true, y_pred)
    found = metrics.get(identifier, y_true, y_pred)
    assert (type(found).__name__, found.name) == (type(theirs).__name__, theirs.name)


# Planted mistakes.


@pytest.mark.parametrize(
    "mistake",
    [
        lambda self, true, pred: true.argmax(axis=-1) == (pred.shape[-1] - 1 - pred[..., ::-1].argmax(axis=-1)),  # ties
        lambda self, true, pred: true.argmax(axis=-1) != pred.argmax(axis=-1),
    ],
    ids=["the last of two largest", "the contrary"],
)
def test_a_wrong_value_is_seen(mistake, monkeypatch, keras, agree, rng):
    batches = [(*batch("categorical_accuracy", 30, rng), None)]
    monkeypatch.setattr(metrics.CategoricalAccuracy, "values", mistake)
    with pytest.raises(AssertionError, match="categorical_accuracy"):
        check_against_keras(agree, metrics.CategoricalAccuracy(), keras.metrics.CategoricalAccuracy(), batches)


def test_ignored_weights_and_a_mean_of_means_are_seen(monkeypatch, keras, agree, rng):
    def mean_of_means(self, y_true, y_pred, sample_weight=None):
        self.total += float(self.values(y_true, y_pred).mean())
        self.count += 1

    batches = [(*batch("mean_squared_error", n, rng), weights_for("row", n, rng)) for n in BATCHES]
    for wrong in (batches, [(y, p, None) for y, p, _ in batches]):
        with monkeypatch.context() as planted:
            planted.setattr(metrics.Metric, "update_state", mean_of_means)
            ours, theirs = metrics.MeanSquaredError(), keras.metrics.MeanSquaredError()
            with pytest.raises(AssertionError, match="mean_squared_error"):
                check_against_keras(agree, ours, theirs, wrong)
