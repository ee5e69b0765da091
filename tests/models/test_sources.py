"""`fit`, `evaluate` and `predict` from every kind of source, with steps, with several inputs and outputs.

A source that gives the batches of arrays trains bit-identically to them; when hooks are called, with which logs, is
Keras' own behaviour.
"""

import numpy as np
import pandas
import pytest

import handnn
from handnn.models.batches import ArrayBatches, is_stream
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded
from tests.callbacks.test_against_keras import recorder

SAMPLES, BATCH = 10, 4
X = np.random.default_rng(0).normal(size=(SAMPLES, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(SAMPLES, 1)).astype("float32")
W = np.arange(SAMPLES) / 8
BATCHES = [slice(i, i + BATCH) for i in range(0, SAMPLES, BATCH)]


def small(module=handnn, **options):
    model = module.Sequential([module.Input((3,)), module.layers.Dense(1, name="d")])
    model.compile("sgd", "mse", metrics=["mae"], **options)
    model.set_weights([np.full((3, 1), 0.5, "float32"), np.zeros(1, "float32")])
    return model


def py_dataset(module, x=X, y=Y, weight=W):
    class Batches(module.utils.PyDataset):
        def __len__(self):
            return len(BATCHES)

        def __getitem__(self, i):
            return tuple(part[BATCHES[i]] for part in (x, y, weight))

    return Batches()


def generator(count=None):
    """So many batches, or endlessly."""
    k = 0
    while count is None or k < count:
        yield tuple(part[BATCHES[k % len(BATCHES)]] for part in (X, Y, W))
        k += 1


SOURCES = {
    "generator": lambda keras: (generator(), {"steps_per_epoch": len(BATCHES)}),
    "PyDataset": lambda keras: (py_dataset(handnn), {}),
    "Keras' PyDataset": lambda keras: (py_dataset(keras), {}),
    "tf.data": lambda keras: (
        keras.src.utils.module_utils.tensorflow.data.Dataset.from_tensor_slices((X, Y, W)).batch(BATCH),
        {},
    ),
}


def state(model, history):
    return {name: [float(v) for v in values] for name, values in history.history.items()}, model.get_weights()


def assert_same(found, expected):
    assert found[0] == expected[0]
    assert all(np.array_equal(a, b) for a, b in zip(found[1], expected[1], strict=True))


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_trains_like_arrays(kind, keras):
    options = {"epochs": 2, "verbose": 0, "shuffle": False}
    expected = small()
    history = expected.fit(
        X, Y, BATCH, sample_weight=W, validation_data=(X, Y, W), validation_batch_size=BATCH, **options
    )
    source, more = SOURCES[kind](keras)
    validation, steps = SOURCES[kind](keras)
    more = more | {"validation_steps": steps.get("steps_per_epoch")}
    model = small()
    assert_same(
        state(model, model.fit(source, validation_data=validation, **more, **options)), state(expected, history)
    )
    source, steps = SOURCES[kind](keras)
    found = model.evaluate(source, verbose=0, steps=steps.get("steps_per_epoch"))
    assert found == expected.evaluate(X, Y, BATCH, sample_weight=W, verbose=0)
    source, steps = SOURCES[kind](keras)
    predicted = model.predict(source, verbose=0, steps=steps.get("steps_per_epoch"))
    assert np.array_equal(predicted, expected.predict(X, BATCH, verbose=0))


def test_pandas_and_lists_train_like_arrays():
    options = {"batch_size": BATCH, "verbose": 0, "shuffle": False}
    expected = small()
    history = expected.fit(X, Y, sample_weight=W, **options)
    frames = pandas.DataFrame(X), pandas.Series(Y[:, 0]), pandas.Series(W)
    for x, y, weight in (frames, (X.tolist(), Y.tolist(), W.tolist())):
        model = small()
        assert_same(state(model, model.fit(x, y, sample_weight=weight, **options)), state(expected, history))


def test_a_finite_generator_is_one_epoch_and_class_weights_are_taken_from_the_labels():
    model, expected = small(), small()
    history = model.fit(generator(3), verbose=0)
    assert_same(
        state(model, history), state(expected, expected.fit(X, Y, BATCH, sample_weight=W, verbose=0, shuffle=False))
    )
    labels = (Y > 0) * 1
    weights = {0: 0.5, 1: 2.0}
    model, expected = small(), small()
    expected.fit(X, labels, BATCH, class_weight=weights, verbose=0, shuffle=False)
    stream = ((X[rows], labels[rows]) for rows in BATCHES)
    model.fit(stream, class_weight=weights, verbose=0)
    assert np.array_equal(model.get_weights()[0], expected.get_weights()[0])


# ---- hooks ----------------------------------------------------------------------------------------------------------

CASES = {
    "arrays with steps": lambda m: ((X, Y), {"steps_per_epoch": 2, "batch_size": BATCH, "epochs": 3}),
    "generator": lambda m: ((generator(),), {"steps_per_epoch": 2, "epochs": 2}),
    "PyDataset": lambda m: ((py_dataset(m),), {"epochs": 2, "validation_data": py_dataset(m), "validation_steps": 2}),
    "validation steps": lambda m: (
        (X, Y),
        {"epochs": 4, "batch_size": BATCH, "validation_data": (X, Y), "validation_steps": 1, "validation_freq": [1, 3]},
    ),
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:.*(ran out of data|shuffle=True)")
def test_hooks_are_keras(case, group, keras):
    found = []
    for module in (handnn, keras):
        events, model = [], small(module, steps_per_execution=group, run_eagerly=True)
        given, options = CASES[case](module)
        model.fit(*given, verbose=0, callbacks=[recorder(module, events)], **options)
        found.append(events)
    assert found[0] == found[1]


# ---- several inputs and outputs -------------------------------------------------------------------------------------


def two_and_two(module, **options):
    """A layer in two places, two outputs: everything in float64."""
    of, more = module.layers, {"dtype": "float64"}
    a, b = (module.Input((3,), name=name, **more) for name in "ab")
    shared = of.Dense(4, "tanh", name="shared", **more)
    u, v = shared(a), shared(b)
    first = of.Dense(1, name="first", **more)(of.Multiply(**more)([u, v]))
    second = of.Dense(2, "softmax", name="second", **more)(of.Concatenate(**more)([u, v]))
    model = module.Model([a, b], [first, second], name="net")
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    losses = [module.losses.MeanSquaredError(dtype="float64"), module.losses.CategoricalCrossentropy(dtype="float64")]
    model.compile(
        "sgd", losses, **{"loss_weights": [1.0, 0.25], "metrics": [["mae"], ["accuracy"]]} | options, run_eagerly=True
    )
    return model


def two_targets():
    return [Y.astype("float64"), np.eye(2)[(Y[:, 0] > 0) * 1]]


@pytest.mark.parametrize(("steps", "taken"), [(3, [[4, 4, 2], [4, 4, 2]]), (2, [[4, 4], [2], [4, 4]])])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_an_epoch_begins_anew_where_the_last_one_took_every_batch(steps, taken):
    batches = ArrayBatches(X, Y, None, BATCH, steps_per_epoch=steps)
    assert [[len(x) for x, _, _ in batches.epoch()] for _ in taken] == taken


@pytest.mark.parametrize("source", ["arrays", "generator"])
def test_a_source_that_runs_out_is_told_of_once(source):
    model = small(handnn)
    given = (X, Y) if source == "arrays" else (iter([(X, Y)] * 3),)
    with pytest.warns(UserWarning, match="ran out of data") as told:
        model.fit(*given, batch_size=BATCH, steps_per_epoch=4, verbose=0)
    assert len(told) == 1


def test_inputs_may_come_in_lists_of_numbers_in_nested_lists_and_in_dicts():
    inputs = [handnn.Input((2,), name=name) for name in "abc"]
    parts = [np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([[5.0, 7.0]])]
    model = handnn.Model(inputs, handnn.layers.Concatenate()(inputs))
    expected = np.concatenate(parts, axis=1)
    for given in (parts, [part.tolist() for part in parts], [parts[:2], parts[2]]):
        assert np.array_equal(model.predict(given, verbose=0), expected)
    for wrong in ([[parts[0], 1.0], parts[2]], [parts[:2], parts[1:]]):
        with pytest.raises((ValueError, TypeError), match="x"):
            model.predict(wrong, verbose=0)
    named = dict(zip("abc", inputs, strict=True))
    given = dict(zip("abc", parts, strict=True))
    model = handnn.Model(named, handnn.layers.Concatenate()(inputs))
    assert np.array_equal(model.predict(given, verbose=0), expected)  # and warns of nothing
    with pytest.warns(UserWarning, match="structure"):
        model.predict(given | {"d": parts[0]}, verbose=0)


def test_only_tensorflows_datasets_are_taken_for_streams(keras):
    class Dataset:
        """Of somebody else."""

    assert not is_stream(Dataset())
    assert is_stream(keras.src.utils.module_utils.tensorflow.data.Dataset.range(3))


FORMS = {
    "lists": lambda x, y: (x, y),
    "dicts": lambda x, y: (dict(zip("ab", x, strict=True)), dict(zip(("first", "second"), y, strict=True))),
}
COMPILED = {
    "lists": {},
    "dicts": {"loss_weights": {"first": 1.0, "second": 0.25}, "metrics": {"second": "accuracy"}},
    "weighted": {"metrics": None, "weighted_metrics": [["mae"], None]},
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("form", FORMS)
def test_several_outputs_are_evaluated_as_keras_does(form, compiled, keras, assert_agrees):
    x, y = FORMS[form]([X.astype("float64"), X[::-1].astype("float64")], two_targets())
    ours, theirs = (two_and_two(module, **COMPILED[compiled]) for module in (handnn, keras))
    found, expected = (model.evaluate(x, y, verbose=0, return_dict=True) for model in (ours, theirs))
    assert set(found) == set(expected)
    unit = allowance.unit_roundoff("float32")
    for name, value in expected.items():
        bound = Bounded(np.float32(found[name]), allowance.gamma(2 * SAMPLES, unit) * abs(found[name]))
        assert_agrees(name, np.float32(found[name]), np.float32(value), bound)
    assert len(ours.evaluate(x, y, verbose=0)) == len(theirs.evaluate(x, y, verbose=0))
    listed = ours.test_on_batch(x, y)
    assert listed[0] == pytest.approx(found["loss"], rel=1e-6) and len(ours.predict_on_batch(x)) == 2


def test_the_gradients_of_shared_layers_and_several_outputs_are_verified(keras):
    report = handnn.verify.verify_model(two_and_two(handnn), [X, X[::-1]], two_targets())
    assert report.ok, report


@pytest.mark.parametrize("part", ["shared", "weights"])
@pytest.mark.quick(1)
def test_a_mistake_in_the_sums_is_seen(part, monkeypatch, keras):
    network = handnn.models.network.Network
    if part == "shared":  # the gradient of the last place alone
        monkeypatch.setattr(network, "add_places", lambda self, i, trace: None)
    else:
        right = network.loss_slopes
        monkeypatch.setattr(
            network, "loss_slopes", lambda self, *a: tuple(None if s is None else 2 * s for s in right(self, *a))
        )
    report = handnn.verify.verify_model(two_and_two(handnn), [X, X[::-1]], two_targets())
    assert not report.ok and report.first_failure.check == "wiring"


def test_a_wrong_derivative_in_a_shared_layer_is_seen(monkeypatch, keras):
    right = handnn.layers.Dense.backward

    def wrong(self, t):
        right(self, t)
        if self.name == "shared" and not t.first:
            t.gradients["kernel"] *= 1.00001

    monkeypatch.setattr(handnn.layers.Dense, "backward", wrong)
    report = handnn.verify.verify_model(two_and_two(handnn), [X, X[::-1]], two_targets(), whole=False)
    assert report.first_failure.check == "splice" and report.first_failure.tensor == "dW"


BAD = {
    "y beside a generator": (
        lambda m: m.fit(generator(), Y, steps_per_epoch=1),
        "y must be None: x of generator yields it",
    ),
    "a split of a generator": (
        lambda m: m.fit(generator(), steps_per_epoch=1, validation_split=0.5),
        "validation_split",
    ),
    "four parts": (lambda m: m.evaluate(iter([(X, Y, W, W)])), "a tuple of 4 entries"),
    "no batches": (lambda m: m.predict(iter([])), "x must give at least one batch"),
    "steps of 0": (lambda m: m.fit(X, Y, steps_per_epoch=0), "steps_per_epoch must be an integer >= 1; received 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_sources_get_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call(small())
    assert "\n" not in str(raised.value)


def test_the_targets_must_be_there():
    with pytest.raises(
        TypeError, match="y must hold real numbers, the targets of the loss; received None, dtype object"
    ):
        small().fit(X)


def test_the_loss_of_one_output_is_weighted(keras):
    options = {"loss": "mse", "loss_weights": 0.25, "metrics": None}
    model = small()
    unweighted = model.evaluate(X, Y, verbose=0, return_dict=True)
    model.compile("sgd", **options)
    theirs = small(keras)
    theirs.compile("sgd", **options, run_eagerly=True)
    loss, reference = model.evaluate(X, Y, verbose=0), theirs.evaluate(X, Y, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(unweighted["loss"] / 4, rel=1e-6) == reference
    assert handnn.verify.verify_model(model, X, Y).ok


BAD_OUTPUTS = {
    "three losses": ({"loss": ["mse"] * 3}, ValueError, "loss must hold one entry for each of the 2 outputs"),
    "an unknown output": ({"loss": {"third": "mse"}}, ValueError, "loss must have the names of outputs .*'third'"),
    "one list of metrics": ({"metrics": ["mae"]}, ValueError, "metrics must be a list with one entry for each output"),
    "a weight by name": ({"loss_weights": ["a", 1.0]}, TypeError, "loss_weights must hold numbers; received 'a'"),
}


@pytest.mark.parametrize("case", BAD_OUTPUTS)
def test_arguments_that_do_not_fit_the_outputs(case):
    options, error, words = BAD_OUTPUTS[case]
    model = two_and_two(handnn)
    model.compile("sgd", **({"loss": "mse"} | options))
    with pytest.raises(error, match=words):
        model.fit([X, X], [Y, Y if options.get("loss") else two_targets()[1]])
    model = two_and_two(handnn)
    with pytest.raises(
        ValueError, match="y must be a list of 2 entries or a dict, for first, second; received ndarray"
    ):
        model.fit([X, X], Y)
    with pytest.raises(ValueError, match="y must hold targets for every output with a loss; 'second' has none"):
        model.fit([X, X], {"first": Y})


def test_the_crossentropy_that_fits_is_chosen():
    for units, y, name in ((1, [[0], [1]], "Binary"), (3, [0, 2], "SparseCategorical"), (2, np.eye(2), "Categorical")):
        model = handnn.Sequential(
            [handnn.Input((3,)), handnn.layers.Dense(units, "softmax" if units > 1 else "sigmoid")]
        )
        model.compile("sgd", "crossentropy")
        with pytest.raises(ValueError, match="chosen by the labels"):
            model.output_loss(training=True)
        model.fit(X[:2], np.asarray(y), verbose=0)
        assert type(model.loss).__name__ == f"{name}Crossentropy"
