"""`verify_model` takes a Keras model as it is."""

import numpy as np
import pytest

import handnn
from handnn.verify import verify_model

LOSSES = ["mse", lambda keras: keras.losses.Huber(0.3), lambda keras: keras.losses.log_cosh]


def sequential(keras):
    layers = [keras.Input((4,)), keras.layers.Dense(5, "tanh"), keras.layers.BatchNormalization()]
    return keras.Sequential([*layers, keras.layers.Dense(3)], name="theirs")


def functional(keras):
    x = keras.Input((4,))
    y = keras.layers.Dense(5, "relu")(x)
    return keras.Model(x, keras.layers.Dense(3)(keras.layers.Add()([y, keras.layers.Dense(5)(x)])), name="theirs")


@pytest.mark.quick(1)
@pytest.mark.parametrize("build", [sequential, functional])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_keras_model_is_verified_and_left_as_it_is(build, loss, keras, rng):
    model = build(keras)
    model.compile(keras.optimizers.Adam(0.01), loss if isinstance(loss, str) else loss(keras))
    before = model.get_weights()
    report = verify_model(model, rng.normal(size=(6, 4)), rng.normal(size=(6, 3)))
    assert report.ok, report.verdict()
    assert report.name == "theirs" and any(row.formula == "Adam" for row in report)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_its_own_weights_are_what_is_verified(keras, rng):
    from handnn.verify.model import from_keras

    model = sequential(keras)
    model.compile("sgd", "mse")
    found = from_keras(model)
    assert all(map(np.array_equal, model.get_weights(), found.get_weights()))
    assert isinstance(found.optimizer, handnn.optimizers.SGD) and isinstance(found.loss, handnn.losses.MeanSquaredError)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda keras: keras.Sequential([keras.layers.Dense(2)]), "no weights yet"),
        (sequential, "has no loss yet"),
        (lambda keras: np.tanh, "received ufunc"),
    ],
)
def test_what_cannot_be_verified_is_said(model, words, keras, rng):
    with pytest.raises((TypeError, ValueError), match=words):
        verify_model(model(keras), rng.normal(size=(6, 4)), rng.normal(size=(6, 3)))
