"""`.h5` files in the layout of Keras 2, made by hand, read by Keras 3 and by handnn: the same network on both sides."""

import copy
import json
import warnings

import h5py
import numpy as np
import pytest

import handnn

from . import keras2


FORMS = {"sequential": keras2.sequential, "functional": keras2.functional}
IGNORED = "ignore:.*(starts anew|decay|input_shape|absl).*:UserWarning"


@pytest.mark.filterwarnings(IGNORED)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.quick(1)
def test_both_sides_read_the_same_network(form, keras, rng, tmp_path):
    arrays = keras2.write(tmp_path / "a.h5", FORMS[form](), rng)
    ours = handnn.models.load_model(tmp_path / "a.h5")
    theirs = keras.models.load_model(tmp_path / "a.h5", compile=False)  # Keras 3 fails at the metric
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(ours.get_layer("dense_1").kernel.numpy(), arrays["dense_1"]["kernel"])
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    x, y = rng.normal(size=(8, 4)).astype("float32"), np.eye(3, dtype="float32")[np.arange(8) % 3]
    found, expected = (model.predict(x, verbose=0) for model in (ours, theirs))
    assert np.abs(found - expected).max() <= 64 * np.finfo("float32").eps
    assert float(ours.optimizer.learning_rate) == pytest.approx(0.01)
    logs = ours.evaluate(x, y, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "accuracy"} and logs["accuracy"] == np.mean(found.argmax(axis=1) == y.argmax(axis=1))
    fresh = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(5, name="dense")])
    fresh.load_weights(tmp_path / "a.h5", by_name=True)
    assert np.array_equal(fresh.layers[0].kernel.numpy(), arrays["dense"]["kernel"])


@pytest.mark.parametrize("listed", [False, True])
def test_the_first_layer_may_say_the_inputs_shape(listed, rng, tmp_path):
    """As Keras before 2.4 wrote it, and before 2.2 with a list for the config; Keras 3 builds neither."""
    config = keras2.sequential()
    del config["config"]["layers"][0]
    arrays = keras2.write(tmp_path / "a.h5", config, rng, None)
    if listed:
        config["config"] = config["config"]["layers"]
        with h5py.File(tmp_path / "a.h5", "r+") as file:
            file.attrs["model_config"] = json.dumps(config).encode()
    model = handnn.models.load_model(tmp_path / "a.h5")
    assert model.input_shape == (None, 4)
    assert np.array_equal(model.layers[0].kernel.numpy(), arrays["dense"]["kernel"])


def test_slots_of_keras_2_are_not_taken_for_those_of_keras_3(rng, tmp_path):
    keras2.write(tmp_path / "a.h5", keras2.sequential(), rng)
    with pytest.warns(UserWarning, match="the optimizer starts anew: it has 14 variables, not 13"):
        model = handnn.models.load_model(tmp_path / "a.h5")
    assert model.optimizer.iterations == 0


def training(**changes):
    found = copy.deepcopy(keras2.TRAINING)
    own = found["optimizer_config"]["config"]
    own.pop("learning_rate")
    own.update({"lr": 0.25} | changes)
    return found


@pytest.mark.filterwarnings("ignore:the optimizer starts anew")
def test_older_arguments_of_optimizers(rng, tmp_path):
    keras2.write(tmp_path / "a.h5", keras2.sequential(), rng, training(decay=0.5))
    with pytest.warns(UserWarning, match="decay=0.5 of the optimizer is ignored: give a schedule"):
        model = handnn.models.load_model(tmp_path / "a.h5")
    assert float(model.optimizer.learning_rate) == 0.25


def test_an_argument_that_keras_3_has_not_is_refused_where_it_means_something(rng, tmp_path):
    config = keras2.sequential()
    config["config"]["layers"][1]["config"]["time_major"] = True
    keras2.write(tmp_path / "a.h5", config, rng, None)
    with pytest.raises(ValueError, match="the config of dense has time_major=True, which Keras 3 has not"):
        handnn.models.load_model(tmp_path / "a.h5")
    config["config"]["layers"][1]["config"]["time_major"] = False
    keras2.write(tmp_path / "a.h5", config, rng, None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert handnn.models.load_model(tmp_path / "a.h5").optimizer is None


def test_an_array_of_another_shape_is_named(rng, tmp_path):
    keras2.write(tmp_path / "a.h5", keras2.functional(), rng, None)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["model_weights/dense/dense/kernel:0"]
        file["model_weights/dense/dense/kernel:0"] = np.zeros((2, 2))
    with pytest.raises(ValueError, match=r"it holds dense/kernel:0 of shape \(2, 2\); expected \(4, 5\)"):
        handnn.models.load_model(tmp_path / "a.h5")
