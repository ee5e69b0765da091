"""Surprises of Keras that docs/keras-facts.md tells of: a test fails here when Keras changes one."""

import numpy as np
import pytest

import handnn
from handnn.tensorboard.read import series


def _logits(dtype="float32"):
    rng = np.random.default_rng(0)
    return (rng.normal(size=(6, 4)) * 3).astype(dtype), np.eye(4, dtype=dtype)[rng.integers(0, 4, 6)]


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "binary_crossentropy"])
def test_cross_entropies_take_any_kept_logits(keras, tf, output, loss):
    z, y = _logits()
    kept = getattr(keras.losses, loss)(y, getattr(keras.activations, output)(tf.constant(z)))
    from_logits = getattr(keras.losses, loss)(y, z, from_logits=True)
    assert np.array_equal(kept, from_logits)
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Activation(output)])
    model.compile("sgd", loss)
    assert model.fused and model.output_loss(training=True).loss.from_logits


def test_mean_squared_error_does_not(keras):
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Activation("softmax")])
    model.compile("sgd", "mse")
    assert not model.fused and model.output_loss(training=True).loss is model.loss


def test_a_float32_loss_behind_float64_is_not_fused(keras, tf):
    z, y = _logits("float64")
    p = keras.activations.softmax(tf.constant(z * 40))  # saturated, where the two paths differ
    narrow, wide = keras.losses.CategoricalCrossentropy(), keras.losses.CategoricalCrossentropy(dtype="float64")
    assert narrow.dtype == "float32"
    assert float(narrow(y, p)) < float(wide(y, p))  # the clip holds the loss down
    model = handnn.Sequential(
        [handnn.Input((4,), dtype="float64"), handnn.layers.Activation("softmax", dtype="float64")]
    )
    model.compile("sgd", handnn.losses.CategoricalCrossentropy())
    assert not model.fused
    model.compile("sgd", "categorical_crossentropy")
    assert model.fused and model.loss.dtype == "float64"


def test_python_floats_are_rounded_to_float32(keras, tf):
    one = tf.ones((), "float64")
    assert float(keras.ops.cast(0.9, "float64")) == float(np.float32(0.9)) != 0.9
    assert float(keras.ops.multiply(one, 0.9)) == 0.9  # an operand beside a float64 tensor keeps its digits
    rate = keras.optimizers.Adam(0.001).learning_rate
    assert float(rate) == float(np.float32(0.001)) == handnn.optimizers.Adam(0.001).learning_rate


def test_paths_of_a_model_from_config_lack_its_name(keras):
    layers = keras.layers
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, name="out")], name="net")
    assert [weight.path for weight in model.weights] == ["net/out/kernel", "net/out/bias"]
    again = keras.Sequential.from_config(model.get_config())
    assert [weight.path for weight in again.weights] == ["out/kernel", "out/bias"]
    ours = handnn.Sequential.from_config(model.get_config())
    assert [weight.path for weight in ours.weights] == ["net/out/kernel", "net/out/bias"]


@pytest.mark.slow
def test_batch_loss_is_the_mean_since_the_epoch_began(keras, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3)).astype("float32"), rng.normal(size=(12, 2)).astype("float32")
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    losses = [float(model.evaluate(x[i : i + 4], y[i : i + 4], verbose=0)) for i in (0, 4, 8)]
    logged = keras.callbacks.TensorBoard(str(tmp_path), update_freq=1)
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0, callbacks=[logged])
    found = series(tmp_path / "train")
    means = [sum(losses[: i + 1]) / (i + 1) for i in range(3)]
    assert [step for step, _ in found["batch_loss"]] == [1, 2, 3]
    assert [step for step, _ in found["epoch_loss"]] == [0]
    nearest = [int(np.argmin([abs(value - mean) for mean in means])) for _, value in found["batch_loss"]]
    assert nearest == [0, 1, 2] and len({round(loss, 3) for loss in losses}) == 3


@pytest.mark.slow
def test_an_integer_update_freq_loses_epochs(keras, tmp_path):
    x, y = np.ones((12, 3), "float32"), np.ones((12, 2), "float32")
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    for freq, kept in ((2, False), (3, True)):  # 3 batches
        callback = keras.callbacks.TensorBoard(str(tmp_path / str(freq)), update_freq=freq)
        model.fit(x, y, batch_size=4, verbose=0, callbacks=[callback])
        assert ("epoch_loss" in series(tmp_path / str(freq) / "train")) is kept


def test_muon_fails_on_float64(keras, tf):
    for options, works in (({}, False), ({"rms_rate": None}, True)):
        weight = keras.Variable(np.ones((2, 3)), dtype="float64", name="w")
        muon = keras.optimizers.Muon(0.1, **options)
        if works:
            muon.apply([tf.ones((2, 3), "float64")], [weight])
            continue
        with pytest.raises(tf.errors.InvalidArgumentError, match="expected to be a double tensor"):
            muon.apply([tf.ones((2, 3), "float64")], [weight])
    (stepped,) = handnn.optimizers.Muon(0.1).apply([np.ones((2, 3))], [np.ones((2, 3))])
    assert np.all(stepped < 1)


def test_relative_step_does_nothing(keras, tf):
    ends = []
    for relative in (True, False):
        weight = keras.Variable(np.ones((2, 3), "float32"), name="w")
        optimizer = keras.optimizers.Adafactor(0.9, relative_step=relative)
        for _ in range(4):
            optimizer.apply([tf.ones((2, 3))], [weight])
        ends.append(weight.numpy())
    assert np.array_equal(*ends)


def test_adafactor_of_a_row_and_a_column_of_zeros(keras, tf):
    gradient = np.ones((3, 4), "float32")
    gradient[1], gradient[:, 2] = 0, 0
    for epsilon, right in ((1e-30, False), (1e-12, True)):
        weight = keras.Variable(np.ones((3, 4), "float32"), name="w")
        keras.optimizers.Adafactor(0.01, epsilon_1=epsilon).apply([tf.constant(gradient)], [weight])
        with np.errstate(invalid="ignore", under="ignore"):
            (stepped,) = handnn.optimizers.Adafactor(0.01, epsilon_1=epsilon).apply(
                [gradient], [np.ones((3, 4), "float32")]
            )
        assert np.isfinite(weight.numpy()).all() == np.isfinite(stepped).all() == right
