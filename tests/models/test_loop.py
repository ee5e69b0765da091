"""The loop around a step: which samples, weights and layers take part. Linear layers, powers of 2: exact."""

import tracemalloc

import numpy as np
import pytest

import handnn
from handnn import layers, metrics, optimizers
from handnn.models import inputs
from handnn.rounding.bounded import Bounded
from handnn.saving.progress import Progress
from handnn.testing import assert_explained_by_rounding


def linear(*before, rate=0.125, **options):
    start = before or (handnn.Input((2,)),)
    model = handnn.Sequential([*start, layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizers.SGD(rate), "mse", **options)
    return model


@pytest.fixture
def data(rng):
    x = rng.integers(-8, 8, (12, 2)) / 4
    return x, x.sum(axis=1, keepdims=True) + rng.integers(-4, 4, (12, 1)) / 2


@pytest.mark.parametrize("call", ["fit", "train_on_batch", "evaluate", "predict"])
def test_a_model_without_an_input_is_built_by_its_first_data(call, data):
    found = []
    for start in ((), (handnn.Input((2,)),)):
        model = handnn.Sequential([*start, layers.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse")
        assert model.built == bool(start)
        options = {"shuffle": False, "verbose": 0} if call == "fit" else {}
        getattr(model, call)(*(data[:1] if call == "predict" else data), **options)
        found.append(model.predict(data[0]))
    assert np.array_equal(*found)


def test_a_model_is_compiled_before_it_knows_its_input():
    model = handnn.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.loss.name == "mean_squared_error" and model.loss_weights == [1.0]
    model.compile("sgd")
    assert model.loss is None and model.loss_weights == [1.0]
    assert model.predict(np.ones((1, 2)), verbose=0).shape == (1, 1)


def test_no_samples_are_one_line(data):
    for nothing in ([], np.empty((0, 2))):
        with pytest.raises(ValueError, match="x must"):
            linear().predict(nothing, verbose=0)
    assert inputs.samples([None], handnn.Input((2,), optional=True).layer) is None
    with pytest.raises(ValueError, match="not optional"):
        linear().predict([None], verbose=0)


def test_the_losses_of_outputs_begin_anew(data):
    x, y = data
    start = handnn.Input((2,))
    outputs = [layers.Dense(1, kernel_initializer="ones", name=name)(start) for name in ("a", "b")]
    model = handnn.Model(start, outputs)
    model.compile(optimizers.SGD(0.0), "mse")
    first = model.evaluate(x, [y, 2 * y], verbose=0)
    model.evaluate(3 * x, [y, y], verbose=0)
    assert model.evaluate(x, [y, 2 * y], verbose=0) == first
    assert np.isclose(first[1], np.mean((x.sum(axis=1, keepdims=True) - y) ** 2))


def test_states_go_on_while_a_model_is_evaluated(rng):
    model = handnn.Sequential([handnn.Input((3, 2), batch_size=4), layers.SimpleRNN(2, stateful=True)])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(4, 3, 2)), np.zeros((4, 2))
    model.evaluate(x, y, batch_size=4, verbose=0)
    after_one = np.array(model.layers[0].states[0])
    model.reset_states() if hasattr(model, "reset_states") else model.layers[0].reset_states()
    assert np.array_equal(after_one, model.predict(x, batch_size=4, verbose=0)) and after_one.any()


def test_callbacks_hear_of_every_batch_of_a_model_that_was_never_compiled(data):
    heard = []
    model = handnn.Sequential([handnn.Input((2,)), layers.Dense(1)])
    told = handnn.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: heard.append(batch))
    model.predict(data[0], batch_size=5, callbacks=[told], verbose=0)
    assert heard == [0, 1, 2]


def test_logits_are_found_through_layers_that_return_their_input_and_no_further():
    x, other = handnn.Input((3,)), handnn.Input((3,))
    softmax = layers.Dense(3, "softmax")(x)
    through = handnn.Model(x, layers.Identity()(softmax))
    through.compile("sgd", "categorical_crossentropy")
    assert through.logits_node(True, 1) == 0
    of_an_input = handnn.Model([x, other], [softmax, layers.Identity()(other)])
    assert of_an_input.output_nodes == [0, 1] and of_an_input.logits_node(True, 1) is None


def test_values_of_outputs_take_the_structure_of_the_outputs():
    x = handnn.Input((2,))
    outputs = {name: layers.Dense(1, name=name)(x) for name in ("b", "a")}
    assert handnn.Model(x, outputs).as_outputs([1.0, 2.0]) == {"a": 1.0, "b": 2.0}
    assert handnn.Model(x, outputs).as_outputs("mse") == "mse"
    assert handnn.Model(x, outputs["a"]).as_outputs([1.0]) == [1.0]


def test_one_input_may_come_in_a_list_or_by_its_name(data):
    model = linear(handnn.Input((2,), name="only"))
    expected = model.predict(data[0])
    for x in ([data[0]], (data[0],), {"only": data[0]}, data[0].tolist()):
        assert np.array_equal(model.predict(x), expected)
    assert np.array_equal(model.predict([data[0][0]]), expected[:1])  # one sample, in a list of samples


def test_class_weights_are_those_of_the_labels(rng):
    """Labels in a vector, in a column, and one-hot weigh the same."""
    x, labels = rng.normal(size=(9, 4)).astype("float32"), np.arange(9) % 3
    given, found = {0: 2.0, 2: 0.25}, []

    def weighted_mean(z, weights):  # of equal losses log 3
        e = np.exp(z)
        return np.mean(weights * -np.log(e[:, 0] / np.sum(e, axis=1)))

    for loss, y in (
        ("sparse_categorical_crossentropy", labels),
        ("sparse_categorical_crossentropy", labels[:, None]),
        ("categorical_crossentropy", np.eye(3)[labels]),
    ):
        model = handnn.Sequential([handnn.Input((4,)), layers.Dense(3, "softmax", kernel_initializer="zeros")])
        model.compile("sgd", loss)
        found.append(model.train_on_batch(x, y, class_weight=given))
        weights = np.array([given.get(label, 1.0) for label in labels], "float32")
        assert_explained_by_rounding(np.float32(found[-1]), weighted_mean, np.zeros((9, 3), "float32"), weights)
    assert found[0] == found[1] and abs(found[0] - found[2]) <= 2 * np.spacing(found[0])


@pytest.mark.parametrize("one", [1.0, 0.9], ids=["labels", "smoothed labels, which Keras rounds"])
def test_binary_class_weights_are_those_of_the_column(data, one):
    x, y = data[0], np.where(np.arange(12) % 3 == 0, one, 1 - one).astype("float32")[:, None]
    model = linear()
    expected = model.test_on_batch(x, y, sample_weight=np.where(y[:, 0] > 0.5, 4.0, 0.5))
    assert model.train_on_batch(x, y, class_weight={1: 4.0, 0: 0.5}) == expected


def test_weights_reach_weighted_metrics_and_no_others(data, assert_agrees):
    x, y = data
    weight = np.arange(12, dtype="float32") / 4
    squares = np.square(np.sum(Bounded(x.astype("float32")), axis=1) - y[:, 0].astype("float32"))
    model = linear(metrics=[metrics.MeanSquaredError(name="plain")], weighted_metrics=["mse"])
    expected = [np.mean(weight * squares), np.mean(squares), np.sum(weight * squares) / np.sum(weight)]
    for found in (
        model.test_on_batch(x, y, weight),
        model.evaluate(x, y, sample_weight=weight, verbose=0),
        model.evaluate(x, y, batch_size=3, sample_weight=weight, verbose=0),
        model.train_on_batch(x, y, weight),
    ):
        for name, one, wanted in zip(("loss", "plain", "weighted"), found, expected, strict=True):
            assert_agrees(name, np.float32(one), wanted.value, wanted)
    apart = expected[1] - expected[2]
    assert abs(apart.value) > apart.error  # a metric in the other's place would be seen


@pytest.mark.parametrize("change", ["pop", "add"])
def test_the_loss_is_of_the_last_layer_after_layers_came_or_went(change, data):
    x, y = data
    model = linear(handnn.Input((2,)), layers.Dense(2, use_bias=False, kernel_initializer="identity"))
    model.evaluate(x, y, verbose=0)
    if change == "pop":
        kept = model.pop()
        assert kept.units == 1 and model.output_shape == (None, 2) and len(model.layers) == 1
        assert model.evaluate(x, x, verbose=0) == 0
        model.pop()
        with pytest.raises(ValueError, match="no layers to pop"):
            model.pop()
    else:
        model.add(layers.Rescaling(2.0))
        assert np.isclose(model.evaluate(x, y, verbose=0), np.mean((2 * x.sum(axis=1, keepdims=True) - y) ** 2))


def test_memory_is_of_few_batch_sizes(rng):
    model = linear(handnn.Input((2000,)), rate=0.0)
    x, y = rng.normal(size=(120, 2000)).astype("float32"), np.zeros((120, 1))

    def held(sizes):
        tracemalloc.start()
        try:
            for size in sizes:
                model.train_on_batch(x[:size], y[:size])
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    few = held(range(1, 9))
    assert held(range(9, 120)) < 4 * few


def test_a_loss_that_has_no_form_on_logits_sees_the_probabilities(rng):
    x, y = rng.normal(size=(6, 2)), np.eye(3)[rng.integers(0, 3, 6)]
    model = handnn.Sequential([handnn.Input((2,)), layers.Dense(3, "softmax", dtype="float64")])
    model.compile("sgd", "mse")
    expected = np.mean((model.predict(x) - y) ** 2)
    for loss in (model.evaluate(x, y, verbose=0), model.train_on_batch(x, y)):
        assert abs(loss - expected) < 1e-6


def test_an_axis_of_any_size_is_told_as_such():
    model = handnn.Sequential([layers.InputLayer(batch_shape=(None, None, 3)), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"x must have shape \(samples, any, 3\); received \(4, 2\)"):
        model.predict(np.zeros((4, 2)))


@pytest.mark.parametrize("changed", [None, 0, 1])
def test_a_fit_that_continues_starts_from_what_was_trained_unless_a_weight_was_changed(changed, data):
    """`use_ema` leaves averages behind; whoever changes one of the weights means all of them as they are."""
    starts = []

    class Look(handnn.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            starts.append(self.model.get_weights())

        def on_epoch_end(self, epoch, logs=None):
            starts.append(self.model.get_weights())

    model = handnn.Sequential([handnn.Input((2,)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.0625, use_ema=True, ema_momentum=0.5), "mse")
    model.fit(*data, batch_size=4, verbose=0, callbacks=[Look()])
    trained, averages = starts[-1], model.get_weights()
    assert not any(map(np.array_equal, trained, averages))
    if changed is not None:
        averages[changed] = averages[changed] + 7
        model.set_weights(averages)
    model.fit(*data, batch_size=4, epochs=2, initial_epoch=1, verbose=0, callbacks=[Look()])
    assert all(map(np.array_equal, starts[2], trained if changed is None else averages))


class Batches(handnn.callbacks.Callback):
    """The numbers of the batches that begin and end, of each kind."""

    def __init__(self):
        self.seen = {}

    def see(self, kind, batch):
        self.seen.setdefault(kind, []).append(batch)


for hook in ("train", "test", "predict"):
    for edge in ("begin", "end"):
        name = f"{hook}_batch_{edge}"
        setattr(Batches, f"on_{name}", lambda self, batch, logs=None, name=name: self.see(name, batch))


@pytest.mark.parametrize(
    ("steps", "begun", "ended"), [(1, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]), (2, [0, 2, 4], [1, 3, 5])]
)
def test_hooks_of_several_batches_in_one_call(steps, begun, ended, data):
    """As in Keras a call ends with the number that its last batch would have, if there were as many."""
    x, y = data[0][:10], data[1][:10]
    model = linear(steps_per_execution=steps)
    for call, kind in (("fit", "train"), ("evaluate", "test"), ("predict", "predict")):
        seen = Batches()
        given = (x,) if call == "predict" else (x, y)
        getattr(model, call)(*given, batch_size=2, callbacks=[seen], verbose=0)
        assert seen.seen == {f"{kind}_batch_begin": begun, f"{kind}_batch_end": ended}


def test_predict_begins_and_ends_once(data, keras):
    found = []
    for module in (handnn, keras):
        calls = []
        hooks = module.callbacks.Callback()
        for name in ("predict_begin", "predict_batch_begin", "predict_batch_end", "predict_end"):
            setattr(hooks, f"on_{name}", lambda *given, name=name, calls=calls, **logs: calls.append(name))
        model = module.Sequential([module.Input((2,)), module.layers.Dense(1)])
        model.predict(data[0], batch_size=8, callbacks=[hooks], verbose=0)
        found.append(calls)
    assert found[0] == found[1] and found[0].count("predict_begin") == 1


def test_one_output_is_a_tensor_and_several_are_a_list():
    a, b = handnn.Input((2,), name="a"), handnn.Input((2,), name="b")
    total = layers.Add()([a, b])
    one, two = handnn.Model([a, b], total), handnn.Model(a, [layers.Dense(1)(a), layers.Dense(2)(a)])
    assert one.output.shape == (None, 2)
    assert [output.shape for output in two.output] == [(None, 1), (None, 2)]
    assert (one.merges, two.merges) == (True, False)


def test_a_list_for_a_model_made_with_a_dict_is_warned_of():
    a = handnn.Input((2,), name="a")
    model = handnn.Model({"a": a}, layers.Dense(1, kernel_initializer="ones")(a))
    with pytest.warns(UserWarning, match="a dict with the keys a; received ndarray"):
        assert model.predict(np.ones((3, 2)), verbose=0).tolist() == [[2.0]] * 3


def test_a_network_without_a_shape_stays_so_behind_its_config():
    model = handnn.Sequential([layers.Dense(3)])
    again = handnn.Sequential.from_config(model.get_config())
    assert not again.built and not handnn.Sequential.from_config({"name": "none", "layers": []}).layers
    model.build((None, 2))
    assert handnn.Sequential.from_config(model.get_config()).built


def test_weights_are_put_back_once():
    progress, optimizer, weight = Progress(np.random.default_rng(0)), optimizers.SGD(), handnn.Variable(np.ones(2))
    optimizer.build([weight])
    progress.trained = [np.full(2, 5.0)]
    progress.put_back_trained(optimizer, [weight])
    assert weight.numpy().tolist() == [5.0, 5.0]
    weight.assign(np.ones(2))
    progress.put_back_trained(optimizer, [weight])
    assert weight.numpy().tolist() == [1.0, 1.0]


def test_without_averages_of_the_optimizer_nothing_is_put_back():
    progress, weight = Progress(np.random.default_rng(0)), handnn.Variable(np.ones(2))
    progress.trained = [np.full(2, 5.0)]
    progress.put_back_trained(optimizers.SGD(use_ema=True), [weight])  # not built: it has none
    assert weight.numpy().tolist() == [1.0, 1.0]


def test_the_place_of_a_fit_counts_its_batches():
    progress = Progress(np.random.default_rng(0))
    for samples, size, steps, expected in ((10, 3, None, 4), (9, 3, None, 3), (10, 3, 2, 2)):
        progress.start(samples, size, steps)
        assert progress.run == {"samples": samples, "batch_size": size, "steps": expected}
