"""`handnn.Variable` is made, named and checked as `keras.Variable`; functions as rules of weights."""

import numpy as np
import pytest

import handnn
from handnn import layers

MADE = {
    "floats": (([1.5, 2.5],), {}),
    "integers": (([1, 2],), {}),
    "double": ((np.ones(2),), {}),
    "double as single": ((np.ones(2), None, "float32"), {}),
    "name of an initializer": (("ones", (2, 3)), {"name": "w"}),
    "function": ((lambda shape, dtype=None: np.full(shape, 2, dtype),), {"shape": (3,), "trainable": False}),
    "Keras' order": (("zeros", (2,), "float64", False, True, "none", "auto", "kept"), {}),
}


@pytest.mark.parametrize("name", MADE)
def test_a_variable_is_made_as_in_keras(name, keras):
    arguments, options = MADE[name]
    ours, theirs = (module.Variable(*arguments, **options) for module in (handnn, keras))
    assert (ours.shape, ours.dtype, ours.trainable) == (tuple(theirs.shape), theirs.dtype, theirs.trainable)
    assert np.array_equal(ours.numpy(), np.array(theirs))
    assert "name" not in options or ours.name == theirs.name == options["name"]


REFUSED = {
    "no shape": (lambda m: m.Variable("zeros"), "shape must be given"),
    "another shape": (
        lambda m: m.Variable(lambda s, dtype=None: np.ones(3, dtype), (2,)),
        "of shape (2,); received (3,)",
    ),
    "name": (lambda m: m.Variable(1.0, name="a/b"), "string without '/'; received 'a/b'"),
    "number as name": (lambda m: m.Variable(1.0, name=1), "string without '/'; received 1"),
    "unknown initializer": (lambda m: m.Variable("onez", (2,)), "did you mean 'one' or 'ones'"),
    "regularizer": (lambda m: setattr(m.Variable(1.0), "regularizer", "l2"), "function or None; received 'l2'"),
    "constraint": (lambda m: setattr(m.Variable(1.0), "constraint", 3), "function or None; received 3"),
    "truth": (lambda m: bool(m.Variable(1.0)), "has no truth value"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_keras_refuses_is_refused_in_one_line(name, keras):
    make, words = REFUSED[name]
    with pytest.raises((ValueError, TypeError)) as caught:
        make(handnn)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    if name != "another shape":  # Keras takes the shape of the result
        with pytest.raises(type(caught.value)):
            make(keras)


def test_functions_are_rules_of_a_weight_saved_by_their_registered_names(rng):
    @handnn.saving.register_keras_serializable("rules")
    def halved(w):
        return w * 0.5

    @handnn.saving.register_keras_serializable("rules")
    def square(w):
        return np.sum(w * w)

    layer = layers.Dense(2, kernel_constraint=halved, kernel_regularizer=square)
    again = layers.Dense.from_config(layer.get_config())
    assert again.kernel_constraint is halved and again.kernel_regularizer is square

    model = handnn.Sequential([handnn.Input((3,)), again])
    model.compile(handnn.optimizers.SGD(0.25), "mse")
    x, y, before = rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), again.kernel.numpy()
    with pytest.raises(TypeError, match=r"regularizer square has no derivative.*write square.gradient"):
        model.fit(x, y, verbose=0)
    assert np.array_equal(again.kernel.numpy(), before)
    square.gradient = lambda w: 2 * w
    other = handnn.Sequential([handnn.Input((3,)), layers.Dense(2, kernel_constraint=halved, kernel_regularizer="l2")])
    other.layers[0].kernel_regularizer.l2 = other.layers[0].kernel.regularizer.l2 = 1.0
    other.compile(handnn.optimizers.SGD(0.25), "mse")
    other.set_weights(model.get_weights())
    for network in (model, other):
        network.train_on_batch(x, y)
    assert np.array_equal(model.get_weights()[0], other.get_weights()[0])
    assert not np.array_equal(model.get_weights()[0], before)
