"""`compile(metrics=..., weighted_metrics=...)`: names and values in the logs of fit and evaluate are Keras'."""

import numpy as np
import pytest

import handnn
from handnn import metrics
from handnn.metrics import CompiledMetrics, MetricsByOutput
from handnn.rounding.bounded import Bounded

SAMPLES, INPUTS, CLASSES, BATCH = 22, 4, 3, 8
W = np.random.default_rng(0).normal(size=(INPUTS, CLASSES)).astype("float32")

NAMES = {
    "names": (["accuracy", "mse", "AUC", "precision"], None),
    "numbered": (["mse", "mse", "MSE", "mse"], None),
    "weighted": (["accuracy"], ["accuracy"]),
    "weighted alone": (None, ["accuracy", "recall"]),
    "weighted twice": (["accuracy"], ["accuracy", "accuracy", "mse", "mse", "accuracy"]),
    "nested": ([["accuracy", ["mae"]], "mse"], {"out": ["mae"]}),
    "a dict": ({"out": ["accuracy", "mse"]}, None),
    "a tuple": (("acc",), None),
}


def of(module, identifier):
    """The object of this module where the identifier says how to make it: ('AUC', {...})."""
    return getattr(module.metrics, identifier[0])(**identifier[1]) if isinstance(identifier, tuple) else identifier


def build(module, wanted, weighted, activation="softmax", loss="categorical_crossentropy", dtype="float32"):
    layers = [module.layers.Input((INPUTS,), dtype=dtype)]
    layers.append(module.layers.Dense(CLASSES, activation, use_bias=False, dtype=dtype, name="out"))
    model = module.Sequential(layers, name="net")
    wanted = [of(module, w) for w in wanted] if isinstance(wanted, list) else wanted
    weighted = [of(module, w) for w in weighted] if isinstance(weighted, list) else weighted
    eager = {"run_eagerly": True} if module is not handnn else {}
    model.compile(module.optimizers.SGD(0.0), loss, metrics=wanted, weighted_metrics=weighted, **eager)
    model.set_weights([W])
    return model


@pytest.fixture(autouse=True)
def _numbering_begins_anew(keras):
    handnn.utils.clear_session()
    keras.utils.clear_session()


@pytest.fixture
def data(rng):
    x = (rng.integers(-99, 99, (SAMPLES, INPUTS)) / 64).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, SAMPLES)]
    return x, y, (rng.integers(0, 9, SAMPLES) / 4).astype("float32")


def double(y_true, y_pred):
    return y_pred[:, 0] * 2


@pytest.mark.parametrize("case", [*NAMES, "a function"])
def test_names_of_compiled_metrics_are_keras(case, data, keras):
    y = data[1]
    wanted, weighted = NAMES.get(case, ([double], None))
    found = CompiledMetrics(wanted, weighted)
    expected = keras.src.trainers.compile_utils.CompileMetrics(wanted, weighted, output_names=["out"])
    found.build(y, y)
    expected.build(y, y)
    assert list(found.result()) == list(expected.result())


QUICK = ("names", "numbered", "weighted twice", "nested")
EACH = [case if case in QUICK else pytest.param(case, marks=pytest.mark.slow) for case in NAMES]


@pytest.mark.parametrize("case", EACH)
@pytest.mark.slow
def test_names_in_the_logs_are_keras(case, data, keras):
    x, y, w = data
    found, expected = (build(module, *NAMES[case]) for module in (handnn, keras))
    options = {"sample_weight": w, "batch_size": BATCH, "verbose": 0, "validation_data": (x, y, w)}
    histories = [model.fit(x, y, **options).history for model in (found, expected)]
    assert set(histories[0]) == set(histories[1])
    reports = [model.evaluate(x, y, sample_weight=w, verbose=0, return_dict=True) for model in (found, expected)]
    assert list(reports[0]) == sorted(reports[1], key=list(reports[0]).index)


VALUES = [
    "accuracy",
    "binary_accuracy",
    ("TopKCategoricalAccuracy", {"k": 2}),
    "precision",
    ("Recall", {"thresholds": [0.25, 0.5]}),
    ("AUC", {"num_thresholds": 9, "curve": "PR"}),
    ("AUC", {"multi_label": True, "num_thresholds": 5, "name": "by_label"}),
    ("F1Score", {}),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5}),
    ("OneHotMeanIoU", {"num_classes": CLASSES, "dtype": "float32"}),
    "root_mean_squared_error",
    "r2_score",
    "mae",
    "pearson_correlation",
    "categorical_crossentropy",
    "binary_crossentropy",
    ("MeanMetricWrapper", {"fn": lambda y_true, y_pred: y_pred[:, 0] * 2, "name": "twice"}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_of_evaluate_are_those_of_the_metric_on_the_predictions(dtype, data, keras, assert_agrees):
    """The model's y_pred given to Keras' metrics: what a run adds is batches, weights and names, not rounding."""
    x, y, w = data
    ours = build(handnn, VALUES, VALUES, dtype=dtype)
    report = ours.evaluate(x, y, batch_size=BATCH, sample_weight=w, verbose=0, return_dict=True)
    y_pred, logits = ours.predict(x), np.dot(x.astype(dtype), W.astype(dtype))
    y = y.astype(dtype)
    weighted = [False] * len(VALUES) + [True] * len(VALUES)
    for name, identifier, uses_weights in zip(list(report)[1:], VALUES * 2, weighted, strict=True):
        alone = metrics.get(of(handnn, identifier), y, y_pred)
        for start in range(0, SAMPLES, BATCH):
            rows = slice(start, start + BATCH)
            weight = w[rows] if uses_weights else None
            if "crossentropy" in name:
                alone.update_on_logits(y[rows], logits[rows], weight)
            else:
                alone.update_state(y[rows], y_pred[rows], weight)
        assert np.array_equal(report[name], alone.result()), name


@pytest.fixture(scope="module")
def once():
    """`once(key, make)`: what `make()` returned the first time."""
    kept = {}
    return lambda key, make: kept[key] if key in kept else kept.setdefault(key, make())


def test_history_of_fit_is_keras(data, keras, once):
    """On a network whose outputs are exact: z = x W in quarters, no activation."""
    exact = (np.random.default_rng(1).integers(-4, 5, (INPUTS, CLASSES)) / 4).astype("float32")
    x, y, w = data
    x = np.rint(4 * x) / 4
    wanted = ["accuracy", "mse", ("Precision", {"thresholds": [0.25, 0.5]}), ("FalseNegatives", {}), "mae"]

    def history(module):
        model = build(module, wanted, wanted, activation="linear", loss="mse")
        model.set_weights([exact])
        options = {"batch_size": BATCH, "epochs": 2, "shuffle": False, "verbose": 0, "validation_data": (x, y, w)}
        return model.fit(x, y, sample_weight=w, **options).history

    histories = [history(handnn), once("keras", lambda: history(keras))]
    for name, values in histories[1].items():
        own = [np.asarray(value, "float32") for value in histories[0][name]]
        assert np.shape(own) == np.shape(values)
        if not any(word in name for word in ("mse", "mae", "loss")):  # shares and counts do not round before the end
            assert np.array_equal(own, np.asarray(values, "float32")), name


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("name", ["categorical_crossentropy", "binary_crossentropy"])
@pytest.mark.quick(1)
def test_crossentropies_see_the_kept_logits(activation, name, data, keras, assert_agrees):
    """Saturated: by probabilities clipped at 1e-7 the metric would be 16 at most."""
    x, y, _ = data
    found, expected = (build(module, [name], None, activation, "mse") for module in (handnn, keras))
    for model in (found, expected):
        model.set_weights([64 * np.sign(W)])  # products without rounding
    ours, theirs = (model.evaluate(x, y, verbose=0, return_dict=True)[name] for model in (found, expected))
    loss = getattr(handnn.losses, "".join(map(str.capitalize, name.split("_"))))(from_logits=True)
    assert theirs > 17
    bound = loss.values(y, Bounded(x @ (64 * np.sign(W)))).sum() / SAMPLES
    assert_agrees(name, np.float32(ours), np.float32(theirs), bound)


def test_they_do_not_see_them_through_dropout_in_training():
    model = build(handnn, ["categorical_crossentropy"], None, loss="mse")
    model.add(handnn.layers.Dropout(0.5))
    assert model.logits_node(training=False) == 0
    assert model.logits_node(training=True) is None


def test_sparse_labels_and_one_output(data, keras):
    x, y, _ = data
    for loss, targets in (("sparse_categorical_crossentropy", y.argmax(axis=1)), ("mse", y)):
        model = build(handnn, ["accuracy"], None, loss=loss)
        model.evaluate(x, targets, verbose=0)
        expected = metrics.SparseCategoricalAccuracy if targets.ndim == 1 else metrics.CategoricalAccuracy
        assert [type(metric) for metric in model.compiled_metrics.metrics] == [expected]


BY_OUTPUT = {
    "lists": ([["mse", "accuracy"], None, "mae"], [None, None, ["mse"]]),
    "dicts": ({"a": ["mse", "accuracy"], "c": "mae"}, {"c": ["mse"]}),
    "weighted only": (None, [["mse"], None, None]),
    "plain only": (["mse", None, "categorical_crossentropy"], None),
}


@pytest.mark.parametrize("case", BY_OUTPUT)
@pytest.mark.parametrize("given", ["everything", "no weights", "no targets of c", "logits"])
def test_metrics_of_several_outputs_are_those_of_each(case, given, data, rng):
    """As one `CompiledMetrics` for each output; one without targets is left out."""
    _, y, w = data
    wanted, weighted = BY_OUTPUT[case]
    ours = MetricsByOutput(["a", "b", "c"], wanted, weighted)
    assert ours.given and ours.any and not MetricsByOutput(["a"]).given
    y_true = (y, y, None if "targets" in given else y)
    y_pred, logits = rng.dirichlet(np.ones(CLASSES), (3, SAMPLES)), tuple(rng.normal(size=(3, SAMPLES, CLASSES)))
    weights = None if given == "no weights" else (w, w, w)
    alone, lists = {}, BY_OUTPUT["lists"] if case == "dicts" else (wanted, weighted)
    for i, name in enumerate("abc"):
        pair = [None if own is None else own[i] for own in lists]
        alone[name] = CompiledMetrics(*pair)
        if y_true[i] is not None and any(pair):
            alone[name].update_state(
                y_true[i], y_pred[i], weights and weights[i], logits[i] if given == "logits" else None
            )
    ours.update_state(y_true, tuple(y_pred), weights, logits if given == "logits" else None)
    assert ours.result() == {f"{n}_{own}": value for n, part in alone.items() for own, value in part.result().items()}


def test_an_unknown_metric_changes_nothing(data):
    model = build(handnn, ["accuracy"], None)
    with pytest.raises(ValueError, match="unknown metric 'acuracy'"):
        model.compile("sgd", "mse", metrics=["acuracy"])
    assert model.loss.name == "categorical_crossentropy"


def test_several_values_are_shown_by_their_mean(data, capsys):
    x, y, _ = data
    model = build(handnn, [("F1Score", {})], None)
    history = model.fit(x, y, verbose=1).history
    assert f"f1_score: {np.mean(history['f1_score'][0]):.4f}" in capsys.readouterr().out


def test_weights_given_to_a_plain_metric_are_seen(monkeypatch, data, keras, once):
    update = CompiledMetrics.update_state

    def mistake(self, y_true, y_pred, weight, logits=None):
        self.entries = [(name, metric, True) for name, metric, _ in self.entries]
        update(self, y_true, y_pred, weight, logits)

    monkeypatch.setattr(CompiledMetrics, "update_state", mistake)
    with pytest.raises(AssertionError):
        test_history_of_fit_is_keras(data, keras, once)
