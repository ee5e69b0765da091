"""Names, arguments, defaults, configs and identifiers of metrics are Keras'; bad input gets one clear line."""

import inspect

import numpy as np
import pytest

from handnn import losses, metrics
from handnn.metrics import metrics as registry
from handnn.proof.not_supported import ABSENT

REQUIRED = {
    "num_classes": 3,
    "target_class_ids": [0, 1],
    "specificity": 0.25,
    "sensitivity": 0.25,
    "recall": 0.75,
    "precision": 0.75,
}
OPTIONAL = REQUIRED | {
    "threshold": 0.25,
    "thresholds": [0.25, 0.5],
    "k": 3,
    "top_k": 2,
    "class_id": 1,
    "num_thresholds": 7,
    "curve": "PR",
    "summation_method": "majoring",
    "multi_label": True,
    "num_labels": 2,
    "from_logits": True,
    "label_smoothing": 0.125,
    "average": "macro",
    "beta": 2.0,
    "class_aggregation": None,
    "num_regressors": 2,
    "sparse_y_true": False,
    "sparse_y_pred": False,
    "from_sorted_ids": True,
    "dtype": "float64",
    "name": "mine",
}


def skip_if_missing(cls):
    name = getattr(cls, "loss", None)
    return [pytest.mark.skipif(name not in losses.losses, reason=f"no loss {name}")] if name else []


def arguments(cls, of):
    own = {name: value for name, value in of.items() if name in inspect.signature(cls).parameters}
    return {k: v for k, v in own.items() if not (k == "num_thresholds" and "thresholds" in own)}


each_metric = pytest.mark.parametrize(
    "cls", [pytest.param(cls, marks=skip_if_missing(cls), id=n) for n, cls in registry.items() if "wrapper" not in n]
)


def test_every_name_of_keras_is_there_or_has_a_reason(keras):
    public = {name for name in dir(keras.metrics) if not name.startswith("_")}
    classes = {name for name in public if inspect.isclass(getattr(keras.metrics, name))}
    ours = {cls.__name__ for _, cls in registry.items()} | {"Metric"}
    assert classes - ours == set(ABSENT["metrics"]) & classes
    assert ours <= classes
    functions = {name for name in public - classes if name not in losses.losses}
    known = {*dir(metrics), *ABSENT["metrics"]}
    waiting = {"binary_focal_crossentropy", "categorical_focal_crossentropy", "huber"}  # with the losses of that name
    waiting |= {cls.loss for _, cls in registry.items() if getattr(cls, "loss", "mse") not in losses.losses}
    assert functions - known <= waiting
    assert all(callable(getattr(metrics, name)) for name in public - classes - waiting)


@pytest.mark.parametrize("cls", [cls for _, cls in registry.items()], ids=list(registry))
def test_arguments_and_defaults_are_keras(cls, keras):
    ours, theirs = (
        {k: p.default for k, p in inspect.signature(c).parameters.items()}
        for c in (cls, getattr(keras.metrics, cls.__name__))
    )
    assert list(ours) == list(theirs)
    assert ours == theirs


@pytest.mark.quick(22)
@each_metric
def test_config_is_keras_and_goes_both_ways(cls, keras):
    theirs = getattr(keras.metrics, cls.__name__)
    for given in (arguments(cls, REQUIRED) | {"name": "mine"}, arguments(cls, OPTIONAL)):
        config = cls(**given).get_config()
        assert config == theirs(**given).get_config()
        assert theirs.from_config(config).get_config() == config
        again = metrics.get(keras.metrics.serialize(theirs(**given)))
        assert (type(again), again.get_config()) == (cls, config)
        assert metrics.serialize(again) == keras.metrics.serialize(theirs(**given))


def test_label_weights_survive_a_config(keras):
    ours = metrics.AUC(multi_label=True, label_weights=[1.0, 2.0])
    again = metrics.AUC.from_config(keras.metrics.AUC.from_config(ours.get_config()).get_config())
    assert again.get_config() | {"name": "auc"} == ours.get_config() | {"name": "auc"}


@pytest.mark.quick(12)
@each_metric
def test_names_are_numbered_as_in_keras(cls, keras):
    given, theirs = arguments(cls, REQUIRED), getattr(keras.metrics, cls.__name__)
    keras.utils.clear_session()
    from handnn.utils import clear_session

    clear_session()
    assert [cls(**given).name for _ in range(3)] == [theirs(**given).name for _ in range(3)]
    assert cls(**given, name=None).name == theirs(**given, name=None).name


@pytest.mark.quick(22)
@each_metric
def test_identifiers_and_the_names_they_give_are_keras(cls, keras):
    theirs = getattr(keras.metrics, cls.__name__)
    identifiers = [key for key, value in keras.src.metrics.ALL_OBJECTS_DICT.items() if value is theirs]
    if arguments(cls, REQUIRED):  # Keras: TypeError, an argument is missing
        identifiers = []
    for identifier in identifiers:
        assert type(metrics.get(identifier)) is cls
        if identifier.lower() == "accuracy":
            continue
        y = np.zeros((3, 2))
        named = keras.src.trainers.compile_utils.get_metric(identifier, y, y)
        assert metrics.get(identifier, y, y).name == named.name


def test_get_takes_what_keras_takes(keras):
    function, instance = (lambda y_true, y_pred: y_pred), metrics.AUC()
    assert metrics.get(None) is keras.metrics.get(None) is None
    assert metrics.get(function) is keras.metrics.get(function) is function
    assert metrics.get(instance) is instance
    assert type(metrics.get(metrics.AUC)) is metrics.AUC
    for unknown in ("kld", "acc", "nonsense"):  # 'acc' only where the shapes are known
        with pytest.raises(ValueError, match="ould not interpret"):
            keras.metrics.get(unknown)
        with pytest.raises(ValueError, match=f"unknown metric '{unknown}'"):
            metrics.get(unknown)


SHAPES = [((9,), (9, 1)), ((9, 1), (9, 1)), ((9,), (9, 4)), ((9, 1), (9, 4)), ((9, 4), (9, 4)), ((9, 3), (9, 3, 4))]


@pytest.mark.parametrize(("true", "pred"), [*SHAPES, ((9, 3, 1), (9, 3, 4)), ((9, 3, 4), (9, 3, 4))], ids=str)
@pytest.mark.parametrize("identifier", ["accuracy", "acc", "Accuracy"])
def test_accuracy_is_what_keras_makes_of_the_shapes(identifier, true, pred, keras):
    y_true, y_pred = np.zeros(true), np.zeros(pred)
    theirs = keras.src.trainers.compile_utils.get_metric(identifier, y_true, y_pred)
    found = metrics.get(identifier, y_true, y_pred)
    assert (type(found).__name__, found.name) == (type(theirs).__name__, theirs.name)


@pytest.mark.parametrize("name", [n for n in registry if n not in ("metric", "mean_metric_wrapper")])
def test_a_metric_of_ones_own_needs_three_methods(name):
    cls = registry[name]
    assert all(callable(getattr(cls, method)) for method in ("update_state", "result", "reset_state", "get_config"))


def test_a_metric_class_of_ones_own():
    class Largest(metrics.Metric):
        def reset_state(self):
            self.largest = 0.0

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest = max(self.largest, float(np.max(y_pred)))

        def result(self):
            return self.largest

    assert Largest(name="top")([0, 1], [0.25, 0.75]) == 0.75
    assert repr(Largest(name="top")) == "<Largest name=top>"


Y = np.zeros((6, 3))
ONES = np.ones(6)
BAD = {
    "dtype": (lambda: metrics.AUC(dtype="float16"), ("dtype", "float16")),
    "integer dtype": (lambda: metrics.MeanIoU(3, dtype="complex64"), ("dtype", "int64", "complex64")),
    "k": (lambda: metrics.TopKCategoricalAccuracy(k=0), ("k must", ">= 1", "0")),
    "threshold": (lambda: metrics.Precision(thresholds=1.5), ("thresholds", "[0, 1]", "1.5")),
    "no thresholds": (lambda: metrics.Precision(thresholds=[]), ("thresholds", "[]")),
    "top_k": (lambda: metrics.Precision(top_k=4)(Y, Y), ("top_k", "3", "4")),
    "class_id": (lambda: metrics.Recall(class_id=3)(Y, Y), ("class_id must", "(6, 3)", "received 3")),
    "specificity": (lambda: metrics.SensitivityAtSpecificity(1.5), ("specificity", "[0, 1]", "1.5")),
    "num_thresholds": (lambda: metrics.RecallAtPrecision(0.5, num_thresholds=0), ("num_thresholds", "> 0", "0")),
    "too few thresholds": (lambda: metrics.AUC(num_thresholds=1), ("num_thresholds", "> 1", "1")),
    "curve": (lambda: metrics.AUC(curve="roC"), ("curve", "ROC, PR, PRGAIN", "roC")),
    "summation": (lambda: metrics.AUC(summation_method="trapezoid"), ("summation_method", "majoring", "trapezoid")),
    "num_labels": (lambda: metrics.AUC(num_labels=3), ("num_labels", "multi_label", "3")),
    "labels": (lambda: metrics.AUC(multi_label=True, num_labels=2)(Y, Y), ("y_pred", "(samples, 2)", "(6, 3)")),
    "average": (lambda: metrics.F1Score(average="mean"), ("average", "micro", "mean")),
    "beta": (lambda: metrics.FBetaScore(beta=1), ("beta", "float > 0", "1")),
    "F threshold": (lambda: metrics.F1Score(threshold=0.0), ("threshold", "(0, 1]", "0.0")),
    "F shapes": (lambda: metrics.F1Score()(ONES, ONES), ("y_pred", "(samples, classes)", "(6,)")),
    "F weights": (lambda: metrics.F1Score()(Y, Y, ONES[:4]), ("sample_weight", "(6,)", "(4,)")),
    "aggregation": (lambda: metrics.R2Score(class_aggregation="sum"), ("class_aggregation", "sum")),
    "regressors": (lambda: metrics.R2Score(num_regressors=-1), ("num_regressors", ">= 0", "-1")),
    "R2 shapes": (lambda: metrics.R2Score()(ONES, ONES), ("y_pred", "(samples, outputs)", "(6,)")),
    "R2 weights": (lambda: metrics.R2Score()(Y, Y, ONES[:4]), ("sample_weight", "(6,)")),
    "classes": (lambda: metrics.IoU(3, [3]), ("target_class_ids", "num_classes=3", "[3]")),
    "IoU labels": (lambda: metrics.MeanIoU(3)(ONES, ONES[:4]), ("y_true", "4", "6")),
    "IoU weights": (lambda: metrics.MeanIoU(3)(ONES, ONES, np.ones(4, int)), ("sample_weight", "6", "(4,)")),
    "count's shapes": (lambda: metrics.AUC()(Y[:, :2], Y), ("y_true", "(6, 3)", "(6, 2)")),
    "one output's shapes": (lambda: metrics.Accuracy()(Y, ONES), ("y_true", "(6,)", "(6, 3)")),
    "count's weights": (lambda: metrics.AUC()(Y, Y, ONES[:4]), ("sample_weight", "(6,)", "(4,)")),
    "labels' shapes": (
        lambda: metrics.SparseTopKCategoricalAccuracy()(ONES[:4], Y),
        ("one label per row", "(6, 3)", "(4,)"),
    ),
    "mean's weights": (lambda: metrics.Mean()(Y, ONES[:4]), ("sample_weight", "(4,)")),
    "no function": (lambda: metrics.MeanMetricWrapper("mse"), ("fn", "function", "str")),
    "unknown function": (
        lambda: metrics.MeanMetricWrapper.from_config({"fn": {"config": "nonsense"}}),
        ("fn", "nonsense"),
    ),
    "text": (lambda: metrics.Accuracy()(["a"], ["a"]), ("y_true", "real numbers")),
    "no metric": (lambda: metrics.get(5), ("metric", "int")),
    "None in a list": (lambda: metrics.CompiledMetrics([None]), ("metrics", "None")),
}


@pytest.mark.parametrize("reason", list(BAD))
def test_bad_input_gets_one_line(reason):
    call, parts = BAD[reason]
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and all(part in message for part in parts), message
