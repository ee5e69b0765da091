"""`fit` and its relatives against Keras': the same weights, batches, losses, means, callbacks.

Free-running training drifts apart by rounding, and the drift has no useful bound in advance, so it is measured: the
hand-written run is repeated with its start moved by one unit in the last place. What that has grown to at the end, a
later step's units have grown to at most; each step rounds a weight in at most ROUNDINGS operations, on both sides. So
the allowed drift is 2 * steps * ROUNDINGS times what the moved start gives. All is float64, except the running means
of Keras' history: float32, which `metric_bound` adds.
"""

import inspect

import numpy as np
import pytest

import handnn
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded

SAMPLES, INPUTS, HIDDEN, CLASSES, BATCH, DRAWS = 23, 4, 5, 3, 5, 3
ROUNDINGS = 2 * (INPUTS + HIDDEN + CLASSES + BATCH)
STEPS_AN_EPOCH = -(-SAMPLES // BATCH)
STEPS_OF_SPLIT = -(-int(SAMPLES * 0.7) // BATCH)
EAGER = {"run_eagerly": True}  # for short runs: Keras compiles longer than it takes to run them


@pytest.fixture
def data(rng):
    """x is in float64 what it is in float32: Keras' fit casts its data to floatx (a fact pinned below)."""
    return rng.integers(-99, 99, (SAMPLES, INPUTS)) / 64, np.eye(CLASSES)[rng.integers(0, CLASSES, SAMPLES)]


def weights():
    rng = np.random.default_rng(0)
    return [0.5 * rng.normal(size=s) for s in ((INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,))]


SGD = ("SGD", {"learning_rate": 0.125, "momentum": 0.875})
ADAM = ("Adam", {"learning_rate": 0.0625, "beta_1": 0.875, "beta_2": 0.96875, "epsilon": 2.0**-10})


def build(module, loss="CategoricalCrossentropy", optimizer=SGD, activation="softmax", metrics=("accuracy",), **more):
    of = module.layers
    stack = [module.Input((INPUTS,), dtype="float64"), of.Dense(HIDDEN, "tanh", dtype="float64", name="a")]
    model = module.Sequential([*stack, of.Dense(CLASSES, activation, dtype="float64", name="b")], name="net")
    optimizer = getattr(module.optimizers, optimizer[0])(**optimizer[1])
    model.compile(optimizer, getattr(module.losses, loss)(dtype="float64"), metrics=metrics and [*metrics], **more)
    model.set_weights(weights())
    return model


def metric_bound(value, updates, drift=0.0):
    """A mean of what is not negative, kept in float32 over so many updates."""
    return Bounded(np.float32(value), drift + allowance.gamma(2 * updates, allowance.unit_roundoff("float32")) * value)


def largest_difference(a, b):
    return float(np.max(np.abs(np.subtract(a, b))))


def measured_drift(train, steps, **options):
    """What one unit in the last place of the start becomes, times the roundings of both sides on the way."""
    model = build(handnn, **options)
    history, rng, drift = train(model).history, np.random.default_rng(1), 0.0
    for _ in range(DRAWS):
        moved = build(handnn, **options)
        moved.set_weights([np.nextafter(w, rng.choice([-np.inf, np.inf], w.shape)) for w in weights()])
        again = train(moved).history
        pairs = zip((*model.get_weights(), *history.values()), (*moved.get_weights(), *again.values()), strict=True)
        drift = max(drift, *(largest_difference(*pair) for pair in pairs))
    return 2 * steps * ROUNDINGS * drift


def check_training(assert_agrees, keras, train, steps, **options):
    """History and final weights of both sides; `train(model)` returns a History."""
    drift = measured_drift(train, steps, **options)
    ours, theirs = build(handnn, **options), build(keras, **options)
    found, expected = train(ours), train(theirs)
    assert set(found.history) == set(expected.history)
    assert found.epoch == expected.epoch
    for name, values in expected.history.items():
        for value, reference in zip(found.history[name], values, strict=True):
            assert_agrees(
                f"history {name}", np.float32(value), np.float32(reference), metric_bound(value, SAMPLES, drift)
            )
    for variable, value in zip(ours.weights, theirs.get_weights(), strict=True):
        assert_agrees(variable.path, variable.value, value, Bounded(value, drift))
    assert ours.optimizer.iterations == int(theirs.optimizer.iterations) == steps


def fit(x, y, **options):
    return lambda model: model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0, **options)


def test_fit_with_validation_split_and_weights(data, keras, assert_agrees, rng):
    train = fit(*data, epochs=3, validation_split=0.3, sample_weight=rng.integers(0, 8, SAMPLES) / 4)
    check_training(assert_agrees, keras, train, 3 * STEPS_OF_SPLIT, weighted_metrics=["mse"])


@pytest.mark.slow
def test_fit_with_validation_data_class_weight_and_a_later_start(data, keras, assert_agrees):
    given, late = (data[0], data[1].argmax(axis=1)), {"epochs": 5, "initial_epoch": 2, "validation_freq": 2}
    train = fit(*given, **late, validation_data=(*given, np.arange(23.0)), class_weight={0: 2.0, 2: 0.25})
    options = {"loss": "SparseCategoricalCrossentropy", "optimizer": ADAM, "metrics": None}
    check_training(assert_agrees, keras, train, 3 * STEPS_AN_EPOCH, **options, weighted_metrics=["accuracy"], **EAGER)


@pytest.mark.slow
def test_a_float64_model_is_fitted_by_keras_on_data_rounded_to_float32(keras, assert_agrees, rng):
    given = rng.normal(size=(SAMPLES, INPUTS)), rng.normal(size=(SAMPLES, CLASSES))
    rounded = [array.astype("float32").astype("float64") for array in given]

    def train(model):
        return fit(*(rounded if isinstance(model, handnn.Sequential) else given))(model)

    options = {"loss": "MeanSquaredError", "activation": "linear", "metrics": None} | EAGER
    check_training(assert_agrees, keras, train, STEPS_AN_EPOCH, **options)


each_report = pytest.mark.parametrize("metrics", [None, ["accuracy", "mse"]], ids=["loss alone", "metrics"])


def check_returned(assert_agrees, what, found, expected):
    """A number where there are no metrics, else a list."""
    assert isinstance(found, list) == isinstance(expected, list)
    assert_agrees(what, np.float32(found), np.float32(expected), metric_bound(np.asarray(found), SAMPLES))


@each_report
@pytest.mark.quick(1)
def test_evaluate_returns_what_keras_returns(metrics, data, keras, assert_agrees, rng):
    x, y = data
    ours, theirs = (build(module, metrics=metrics, **EAGER) for module in (handnn, keras))
    for options in ({"sample_weight": rng.integers(0, 8, SAMPLES) / 4, "batch_size": 7}, {}):
        check_returned(
            assert_agrees, "evaluate", *(model.evaluate(x, y, verbose=0, **options) for model in (ours, theirs))
        )
    assert set(ours.evaluate(x, y, verbose=0, return_dict=True)) == {"loss", *(metrics or ())}


@each_report
@pytest.mark.quick(1)
def test_first_batch_returns_what_keras_returns(metrics, data, keras, assert_agrees):
    x, y = data
    weight = {"sample_weight": np.arange(SAMPLES) / 8}
    for method, options in (("train", weight), ("train", {"class_weight": {0: 3.0}}), ("test", weight)):
        ours, theirs = (build(module, metrics=metrics, **EAGER) for module in (handnn, keras))
        check_returned(
            assert_agrees, method, *(getattr(m, f"{method}_on_batch")(x, y, **options) for m in (ours, theirs))
        )
        ours.reset_metrics()
        assert set(ours.test_on_batch(x, y, return_dict=True)) == {"loss", *(metrics or ())}


def test_predict_is_keras_in_batches_of_any_size(data, keras, assert_agrees):
    ours, theirs = build(handnn), build(keras, **EAGER)
    W_1, b_1, W_2, b_2 = weights()
    output = handnn.activations.softmax.forward(np.dot(np.tanh(np.dot(Bounded(data[0]), W_1) + b_1), W_2) + b_2)
    for batch_size in (None, 7, 100):
        assert_agrees("predict", ours.predict(data[0], batch_size), theirs.predict(data[0], verbose=0), output)
    assert_agrees("call", ours(data[0]), theirs(data[0]).numpy(), output)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_second_batch_returns_what_keras_returns(method, data, keras, assert_agrees):
    x, y = data
    models = [build(module, **EAGER) for module in (handnn, keras)]
    for batch in (slice(None), slice(3)):
        returned = [getattr(model, method)(x[batch], y[batch]) for model in models]
    check_returned(assert_agrees, method, *returned)


@pytest.mark.slow
def test_class_weight_stays_out_of_the_validation_split(data, keras, assert_agrees):
    train = fit(*data, validation_split=0.3, class_weight={0: 2.0, 1: 0.5})
    check_training(assert_agrees, keras, train, STEPS_OF_SPLIT, **EAGER)


def test_plain_and_weighted_accuracy_are_both_kept(data, keras):
    ours, theirs = (build(module, weighted_metrics=["accuracy"], **EAGER) for module in (handnn, keras))
    assert set(fit(*data)(ours).history) == set(fit(*data)(theirs).history)


@pytest.mark.parametrize("method", ["compile", "fit", "evaluate", "predict"])
def test_arguments_come_in_keras_order(method, keras):
    ours, theirs = (list(inspect.signature(getattr(m.Sequential, method)).parameters) for m in (handnn, keras))
    assert ours == theirs


def recorder(module, stop_at=None):
    """A callback that records (hook, index, names in the logs) of every call."""

    def hook_named(hook):
        def call(self, *arguments, **keywords):
            arguments = (*arguments, *keywords.values())
            index = [a for a in arguments if not isinstance(a, dict)]
            self.calls.append((hook, *index, *sorted(name for a in arguments if isinstance(a, dict) for name in a)))
            if (hook, *index) == stop_at:
                self.model.stop_training = True

        return call

    hooks = {hook: hook_named(hook) for hook in handnn.callbacks.base.HOOKS}
    return type("Recorder", (module.callbacks.Callback,), hooks | {"calls": []})()


@pytest.mark.parametrize("stop_at", [None, ("on_train_batch_end", 1)], ids=str)
@pytest.mark.slow
def test_hooks_are_called_in_keras_order(stop_at, data, keras):
    x, y = data
    ours, theirs = recorder(handnn, stop_at), recorder(keras, stop_at)
    for callback, module in ((ours, handnn), (theirs, keras)):
        model = build(module, **EAGER)
        fit(x[:12], y[:12], epochs=2, validation_data=(x[:3], y[:3]), callbacks=[callback])(model)
        model.evaluate(x[:7], y[:7], batch_size=BATCH, verbose=0, callbacks=[callback])
        assert callback.model is model
    assert (ours.calls, ours.params) == (theirs.calls, theirs.params)


def noting(module, hook, calls):
    """A callback whose one hook takes its arguments as Keras gives them: the index and the logs."""
    return type("Noting", (module.callbacks.Callback,), {hook: lambda self, index, logs: calls.append(index)})()


CALLBACKS = {
    "every hook gets logs, {} where there are none": lambda m, calls: [noting(m, "on_epoch_begin", calls)],
    "the older name of on_train_batch_end": lambda m, calls: [noting(m, "on_batch_end", calls)],
    "a callback outside a list": lambda m, calls: noting(m, "on_epoch_end", calls),
    "a LambdaCallback": lambda m, calls: [
        m.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: calls.append(epoch))
    ],
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("reason", list(CALLBACKS))
def test_callbacks_as_keras_takes_them(reason, data, keras):
    for module in (keras, handnn):
        calls = []
        fit(*(array[:BATCH] for array in data), callbacks=CALLBACKS[reason](module, calls))(build(module, **EAGER))
        assert calls == [0]


def test_shuffling_takes_every_sample_once_an_epoch_in_another_order(data, monkeypatch):
    step, orders = handnn.Sequential.train_step, []
    for seed in (1, 1, 2):
        handnn.utils.set_random_seed(seed)
        seen = []
        planted = lambda *a, seen=seen: (seen.extend(a[1][:, 0]), step(*a))[1]  # noqa: E731
        monkeypatch.setattr(handnn.Sequential, "train_step", planted)
        build(handnn).fit(*data, batch_size=BATCH, epochs=2, verbose=0)
        orders += [seen[:SAMPLES], seen[SAMPLES:]]
    assert all(sorted(order) == sorted(data[0][:, 0]) for order in orders)
    assert orders[:2] == orders[2:4]
    assert len({tuple(order) for order in orders}) == 4


def test_trace_and_loss_and_gradients_are_one_pass_in_arrays_of_its_own(data):
    x, y = data
    model, weight = build(handnn), np.arange(SAMPLES) / 8
    before, trace = model.get_weights(), model.trace(x, y, weight)
    kept = {(t.name, name): array.copy() for t in trace for name, array in t.tensors()}
    loss, gradients = model.loss_and_gradients(x, y, weight)
    assert loss == trace.loss == model.output_loss(training=True).loss(y, trace["b"].z, weight)
    named = [trace["a"].dW, trace["a"].db, trace["b"].dW, trace["b"].db]
    for given, own, again, variable in zip(gradients, trace.gradients, named, model.weights, strict=True):
        assert own is again
        assert given.shape == variable.shape
        assert np.array_equal(given, own)
    assert trace["a"].a is trace["b"].x
    assert np.array_equal(trace["a"].upstream, trace["b"].dx)
    assert all(map(np.array_equal, before, model.get_weights()))
    assert model.optimizer.iterations == 0
    fit(x, y)(model)
    model.trace(x[::-1], y)
    assert all(np.array_equal(array, kept[t.name, name]) for t in trace for name, array in t.tensors())


def test_nothing_of_the_users_is_changed(data):
    given, model = [*data, np.arange(SAMPLES) / 8, *weights()], build(handnn)
    copies, lists = [array.copy() for array in given], [array.tolist() for array in data]
    for array in given:
        array.flags.writeable = False
    model.set_weights(given[3:])
    fit(*data, sample_weight=given[2], validation_data=given[:3])(model)
    model.train_on_batch(*given[:3])
    model.train_on_batch(*lists)
    results = [model.predict(given[0]), *model.get_weights()]
    kept = [result.copy() for result in results]
    model.predict(given[0][::-1])
    fit(*data)(model)
    assert all(map(np.array_equal, (*given, *results, *lists), (*copies, *kept, *copies[:2])))


@pytest.mark.quick(1)
@pytest.mark.parametrize("mistake", ["last batch", "mean of means", "momentum one unit up"])
def test_a_planted_mistake_is_seen(mistake, monkeypatch, data, keras, assert_agrees):
    def train(model):
        samples = 20 if mistake == "last batch" and isinstance(model, handnn.Sequential) else SAMPLES
        return fit(*(array[:samples] for array in data))(model)

    means, one = handnn.metrics.Mean.update_state, np.float32(1)
    if mistake == "mean of means":
        monkeypatch.setattr(handnn.metrics.Mean, "update_state", lambda self, v, sample_weight: means(self, v))
    if mistake == "momentum one unit up":
        monkeypatch.setattr(handnn.optimizers.SGD, "rounded", lambda *a: np.nextafter(np.float32(a[1]), one))
    with pytest.raises(AssertionError, match=r"history loss|net/a/kernel"):
        check_training(assert_agrees, keras, train, STEPS_AN_EPOCH, metrics=None, **EAGER)
