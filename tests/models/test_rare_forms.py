"""Rare forms of models and arguments, each as in Keras: what is read, built, reported, and refused."""

import numpy as np
import pytest

import handnn
from handnn import layers, losses
from handnn.models import objectives, sequential
from handnn.models.curvature import hessian_vector_product


def two_outputs(module=handnn, **compiled):
    x = module.Input((3,), name="x")
    one, other = module.layers.Dense(2, name="one")(x), module.layers.Dense(1, name="other")(x)
    model = module.Model(x, [one, other])
    if compiled:
        model.compile("sgd", **compiled)
    return model


# ---- losses and their weights -----------------------------------------------------------------------------------


def test_a_dict_of_losses_may_leave_out_outputs(rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
    model = two_outputs(loss={"other": "mse"})
    found = model.loss_and_gradients(x, {"other": y})[1]
    assert [bool(gradient.any()) for gradient in found] == [False, False, True, True]
    with pytest.raises(ValueError, match="received 'wrong'"):
        two_outputs(loss={"one": "mse", "other": "mse", "wrong": "mse"}).output_losses(training=True)


NESTED = [["mse", "mae"], "mse"]


def weights_of(given, loss):
    names = ["one", "other"]
    losses = objectives.by_output(loss, names, [0, 0], "loss")
    return objectives.weights(given, losses, names, [0, 0], loss)


def test_weights_of_losses_pair_with_their_structure_or_stand_in_one_row():
    assert weights_of([1, 2, 3], NESTED) == weights_of([[1, 2], 3], NESTED) == [[1.0, 2.0], [3.0]]
    assert weights_of([[5], 3], NESTED) == [[5.0, 5.0], [3.0]]
    with pytest.raises(ValueError, match="one entry for each of the 2 outputs"):
        weights_of([2], "mse")
    with pytest.raises(ValueError, match="must hold 3 entries for output one; received 2"):
        weights_of([[1, 2], 3], [["mse", "mae", "mse"], "mse"])


def test_two_losses_on_a_of_one_output_add_their_derivatives(rng):
    """Neither is fused with the activation, and twice a number is exact."""
    x, y, found = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), []
    for loss in ("mse", ["mse", "mse"]):
        read, start = handnn.Input((3,)), handnn.initializers.GlorotUniform(seed=1)
        a = layers.Dense(2, "tanh", kernel_initializer=start)(read)
        model = handnn.Model(read, [a, layers.Dense(1, trainable=False)(a)])
        model.compile("sgd", [loss, None])
        found.append(model.loss_and_gradients(x, [y, None])[1])
    assert all(one.any() and np.array_equal(2 * one, both) for one, both in zip(*found, strict=True))


def test_the_crossentropy_of_labels_of_steps_is_the_sparse_one():
    assert objectives.crossentropy(np.zeros((4, 5, 1)), (None, 5, 3)) == "sparse_categorical_crossentropy"
    assert objectives.crossentropy(np.zeros((4, 1, 3)), (None, 1, 3)) == "categorical_crossentropy"


def test_hessian_products_need_a_loss_that_is_known(rng):
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(1)])
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
    for loss in (None, "crossentropy"):
        model.compile("sgd", loss)
        with pytest.raises(ValueError, match="loss must be a mean_squared_error"):
            hessian_vector_product(model, x, y, model.get_weights())


# ---- inputs and graphs ------------------------------------------------------------------------------------------


def test_a_number_is_no_target_of_several_outputs(rng):
    with pytest.raises(ValueError, match="y must be a list of 2 entries or a dict, for one, other; received int"):
        two_outputs(loss="mse").train_on_batch(rng.normal(size=(4, 3)), 3)


def test_targets_of_the_only_output_may_come_by_its_name(rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(2, name="out")])
    model.compile("sgd", "mse")
    assert model.evaluate(x, {"out": y}, verbose=0) == model.evaluate(x, y, verbose=0)


def test_several_inputs_may_stand_in_lists_of_their_own(rng):
    a, b = handnn.Input((2,), name="a"), handnn.Input((3,), name="b")
    model = handnn.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))
    x = rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    assert np.array_equal(model.predict([[x[0]], [x[1]]], verbose=0), model.predict(list(x), verbose=0))


@pytest.mark.parametrize("merge", [layers.Add, layers.Multiply, layers.Concatenate])
def test_a_layer_that_merges_may_read_one_array(merge, rng):
    """Its dx is a list of one array."""
    x, y, found = rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), []
    for merges in (False, True):
        read, start = handnn.Input((3,)), handnn.initializers.GlorotUniform(seed=1)
        h = layers.Dense(2, "tanh", kernel_initializer=start)(read)
        model = handnn.Model(read, layers.Activation("linear")(merge()([h]) if merges else h))
        model.compile("sgd", "mse")
        found.append(model.loss_and_gradients(x, y)[1])
    assert all(map(np.array_equal, *found))


def test_gradients_have_the_dtypes_of_their_weights(rng):
    stack = [handnn.Input((3,)), layers.Dense(2, dtype="float64"), layers.Dense(1, dtype="float32")]
    model = handnn.Sequential(stack)
    model.compile("sgd", "mse")
    _, gradients = model.loss_and_gradients(rng.normal(size=(4, 3)), rng.normal(size=(4, 1)))
    assert [g.dtype.name for g in gradients] == [w.dtype.name for w in model.get_weights()]
    assert {g.dtype.name for g in gradients} == {"float32", "float64"}


def test_a_batch_of_known_shapes_is_still_checked_where_its_values_matter():
    """A loss with a check of its own, and targets that must be probabilities: each second batch has the same shapes."""

    class OfPositive(losses.MeanSquaredError):
        def prepare(self, y_true, y_pred):
            if np.min(y_true) < 0:
                raise ValueError("y_true must be positive")
            return super().prepare(y_true, y_pred)

    x, y = np.ones((2, 3), "float32"), np.ones((2, 1), "float32")
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(1, "sigmoid")])
    for loss, wrong in (
        (OfPositive(), pytest.raises(ValueError, match="positive")),
        ("bce", pytest.warns(match="0 to 1")),
    ):
        model.compile("sgd", loss)
        model.train_on_batch(x, y)
        with wrong:
            model.train_on_batch(x, y - 3)
    model.compile("sgd", "mse")
    for value in (1, np.nan):  # which is taken with this callback alone
        history = model.fit(x, value * y, callbacks=[handnn.callbacks.TerminateOnNaN()], verbose=0).history
        assert np.isfinite(history["loss"]).all() == np.isfinite(value)


def test_class_weights_count_in_a_batch_of_known_shapes(rng):
    x, y = rng.normal(size=(4, 3)).astype("float32"), np.eye(2, dtype="float32")[[0, 1, 1, 0]]
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(2)])
    model.compile(handnn.optimizers.SGD(0.0), "mse")
    plain, halved = model.train_on_batch(x, y), model.train_on_batch(x, y, class_weight={0: 0.5, 1: 0.5})
    assert halved == plain / 2
    both = two_outputs(loss="mse")
    with pytest.raises(ValueError, match="class_weight is only supported for one output"):
        both.train_on_batch(x, [y, y[:, :1]], class_weight={0: 0.5})


def test_losses_that_are_compiled_anew_have_their_own_derivatives(rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(2)])
    found = []
    for loss in ("mse", "mae", "mse"):
        model.compile("sgd", loss)
        found.append(model.loss_and_gradients(x, y)[1][0])
    assert np.array_equal(found[0], found[2]) and not np.allclose(found[0], found[1])


def test_a_step_of_two_dtypes_takes_each_gradient_in_that_of_its_weight(rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
    stack = [handnn.Input((3,), dtype="float64"), layers.Dense(2, dtype="float64"), layers.Dense(1, dtype="float32")]
    model = handnn.Sequential(stack)
    model.compile("sgd", "mse")
    trace = model.workspace(4, training=True)
    model.forward_pass(x, trace)
    model.loss_pass(y.astype("float32"), trace)
    model.backward_pass(y.astype("float32"), trace)
    found = [trace.layers[0].dW, trace.layers[1].dW]
    assert [d.dtype.name for d in found] == ["float64", "float32"]
    assert np.array_equal(found[0], np.dot(x.T, trace.layers[0].delta))


def test_a_network_inside_another_tells_its_shape(keras):
    for module in (handnn, keras):
        inner = module.Sequential([module.layers.Dense(4), module.layers.Dense(2)])
        assert tuple(inner.compute_output_shape((None, 3))) == (None, 2)
        both = two_outputs(module)
        assert [tuple(shape) for shape in both.compute_output_shape((None, 3))] == [(None, 2), (None, 1)]
    outer = handnn.Sequential([handnn.Sequential([handnn.Input((3,)), layers.Dense(2)])])  # Keras waits for data
    assert outer.built and outer.output_shape == (None, 2)


def test_a_network_tells_the_shapes_of_batches_and_inputs_other_than_its_own(keras):
    for module in (handnn, keras):
        own = module.Sequential([module.Input(batch_shape=(8, 4)), module.layers.Dense(3)])
        assert tuple(own.compute_output_shape((5, 4))) == (5, 3)
        a, b = module.Input((4,)), module.Input((3,))
        model = module.Model([a, b], [module.layers.Activation("relu")(a), module.layers.Dense(2)(b)])
        assert model.compute_output_shape([[None, 4], [None, 3]]) == [(None, 4), (None, 2)]
    assert handnn.Sequential([]).compute_output_shape((5, 4)) == (5, 4)  # it returns its input


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_a_model_that_moves_numbers_keeps_their_dtype(dtype, keras):
    """As a layer of a larger model, and in tf.data, where integers are cast to floats if the Input holds floats."""
    import tensorflow as tf

    found = []
    for module in (handnn, keras):
        given = module.Input((4,), dtype=dtype)
        model = module.Model(given, module.layers.Reshape((2, 2))(given))
        data = tf.data.Dataset.from_tensors(np.arange(8, dtype="int32").reshape(2, 4)).map(model)
        found.append((model(module.Input((4,), dtype=dtype)).dtype, next(iter(data)).numpy().dtype.name))
    assert found[0] == found[1] == (dtype, dtype)


def test_a_network_inside_another_may_be_called_on_a_dict_by_the_names_of_its_inputs(rng):
    a, b = handnn.Input((2,), name="a"), handnn.Input((2,), name="b")
    inner = handnn.Model([a, b], layers.Subtract()([a, b]), name="inner")
    outer = handnn.Model([a, b], inner({"b": b, "a": a}))
    x = [rng.normal(size=(3, 2)).astype("float32") for _ in range(2)]
    assert np.array_equal(outer.predict(x), x[0] - x[1])
    with pytest.raises(ValueError, match="inner must be called on a dict with a, b"):
        inner({"a": a})


def test_weights_of_a_frozen_model_are_not_trained_whatever_its_layers_say(keras):
    for module in (handnn, keras):
        model = module.Sequential([module.Input((3,)), module.layers.Dense(2)])
        model.trainable = False
        model.layers[0].trainable = True
        assert not model.trainable_weights and len(model.non_trainable_weights) == 2


# ---- Sequential -------------------------------------------------------------------------------------------------


def test_a_sequential_without_its_layers_is_not_built(keras):
    for module in (handnn, keras):
        model = module.Sequential([module.Input((3,)), module.layers.Dense(2)])
        assert model.built
        model.pop()
        assert not model.built and not model.layers


def test_a_sequential_takes_its_shape_from_the_first_layer_alone():
    model = handnn.Sequential([layers.Dense(3), layers.Dense(2, input_shape=(3,))])
    assert not model.built and model(np.ones((5, 4))).shape == (5, 2)


def test_a_sequential_without_its_last_layer_returns_its_input():
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(2)])
    model.pop()
    assert model.output_shape == (None, 3)


def test_configs_of_a_sequential_say_the_shape_it_was_built_for(keras):
    found = []
    for module in (handnn, keras):
        model = module.Sequential([module.Input((3,), name="x"), module.layers.Dense(2, name="d")], name="net")
        found.append(tuple(model.get_config()["build_input_shape"]))
        config = model.get_config()
        config["layers"] = config["layers"][1:]  # without its Input
        again = module.Sequential.from_config(config)
        assert again.built and [tuple(w.shape) for w in again.weights] == [(3, 2), (2,)]
    assert found == [(None, 3)] * 2


class Own(sequential.Sequential):
    def __init__(self, units=2):
        super().__init__([handnn.Input((3,)), layers.Dense(units)])


def test_a_config_that_is_none_is_refused():
    assert Own.from_config({"units": 4}).output_shape == (None, 4)
    for wrong in (3, None, {"name": "x"}):
        with pytest.raises((ValueError, TypeError), match=r"config must be a Sequential's|unexpected keyword"):
            Own.from_config(wrong)


def test_a_summary_has_a_line_for_each_layer_that_computes():
    lines: list[str] = []
    handnn.Sequential([handnn.Input((3,), name="x"), layers.Dense(2, name="d")], name="net").summary(lines.append)
    assert lines[0].split("\n")[0] == 'Model: "net"' and "x (InputLayer)" not in lines[0]
    assert [line.split() for line in lines[0].split("\n")[3:]] == [
        ["d", "(Dense)", "(None,", "2)", "8"],
        ["Total", "params:", "8"],
    ]
    handnn.Sequential([layers.Dense(2, name="d")], name="later").summary(lines.append)
    assert "0 (unbuilt)" in lines[1] and "later is not built yet" in lines[1]


# ---- fit and predict --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["validation_batch_size", "validation_steps"])
def test_what_is_refused_is_named(name, rng):
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
    with pytest.raises(ValueError, match=f"^{name} must be"):
        model.fit(x, y, validation_data=(x, y), verbose=0, **{name: -1})


def test_predict_stops_when_it_is_told_to(keras, rng):
    x, found = rng.normal(size=(10, 3)), []
    for module in (handnn, keras):
        ends: list[int] = []

        class Stop(module.callbacks.Callback):
            def on_predict_batch_end(self, batch, logs=None, ends=ends):
                ends.append(batch)
                self.model.stop_predicting = batch >= 3

        model = module.Sequential([module.Input((3,)), module.layers.Dense(1)])
        model.compile("sgd", "mse", steps_per_execution=2)
        count = len(model.predict(x, batch_size=2, verbose=0, callbacks=[Stop()]))
        shorter = len(model.predict(x[:5], batch_size=2, verbose=0, callbacks=[Stop()]))
        found.append((count, shorter, ends))
    assert found[0] == found[1]


class Four(handnn.utils.PyDataset):
    """Four batches, always the same."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        rng = np.random.default_rng(index)
        return rng.normal(size=(3, 3)), rng.normal(size=(3, 1))


def test_a_stream_that_is_resumed_within_an_epoch_goes_on_with_its_metrics(tmp_path):
    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    path = str(tmp_path / "{epoch}-{batch}.keras")
    save = handnn.callbacks.ModelCheckpoint(path, save_freq=6)
    whole = model.fit(Four(), epochs=2, verbose=0, shuffle=False, callbacks=[save]).history
    again = handnn.load_model(path.format(epoch=2, batch=2))
    rest = again.fit(Four(), epochs=2, initial_epoch=1, verbose=0, shuffle=False).history
    assert rest == {name: values[1:] for name, values in whole.items()}


def test_what_a_source_does_not_say_is_recorded_as_0():
    def batches():
        for index in range(3):
            yield Four()[index]

    model = handnn.Sequential([handnn.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(batches(), verbose=0)
    assert model.progress.run == {"samples": 0, "batch_size": 0, "steps": 0}
