"""Dropout where multiplying by a mask and selecting by it part: NaN, infinity, and a rate of 1."""

from types import SimpleNamespace

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.verify import verify_model
from handnn.rounding.bounded import Bounded

ODD = np.array([[np.nan, np.inf, -np.inf, 1.0, -2.0, 0.0, 1e30, np.nan] * 8])


def passed(layer, x, delta, mask, kind=np.asarray):
    """z and dx of the layer under this mask."""
    t = LayerTrace("dropout")
    t.x, t.delta, t.training = kind(x), kind(delta), True
    layer.randomize(t, mask)
    layer.forward(t)
    layer.backward(t)
    return t.z, t.dx


def test_what_is_dropped_is_0_whatever_it_was(tf, keras, dtype):
    theirs = keras.layers.Dropout(0.5, seed=1, dtype=dtype)
    x, delta = ODD.astype(dtype), np.roll(ODD, 3).astype(dtype)
    state = np.asarray(theirs.seed_generator.state)
    mask = np.asarray(theirs(tf.ones_like(x), training=True))
    theirs.seed_generator.state.assign(state)
    source = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(source)
        z = theirs(source, training=True)
    expected = z.numpy(), tape.gradient(z, source, tf.constant(delta)).numpy()
    ours = layers.Dropout(0.5, dtype=dtype)
    assert np.isnan(x[mask == 0]).any() and np.isnan(x[mask != 0]).any()
    for found, bounded, reference in zip(
        passed(ours, x, delta, mask), passed(ours, x, delta, mask, Bounded), expected, strict=True
    ):
        assert np.array_equal(found, reference, equal_nan=True)
        assert np.array_equal(bounded.value, reference, equal_nan=True)
        assert not found[mask == 0].any()


def test_a_draw_of_exactly_the_rate_is_kept():
    """As in Keras: what is below the rate is dropped, so that a rate of 0 drops nothing."""
    layer = layers.Dropout(0.25)
    layer.generator = SimpleNamespace(random=lambda shape: np.array([0.0, 0.25, 0.5]))
    assert layer.keep((3,)).tolist() == [False, True, True]


STACKS = {
    "below a Dense": [layers.Dense(4, "tanh"), layers.Dropout(1.0), layers.Dense(3)],
    "first": [layers.Dropout(1.0), layers.Dense(3)],
    "last": [layers.Dense(4), layers.Activation("tanh"), layers.Dropout(1.0)],
    "twice": [layers.Dense(4), layers.Dropout(1.0), layers.Dropout(0.5, seed=1), layers.Dense(3, "softmax")],
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("stack", STACKS.values(), ids=list(STACKS))
@pytest.mark.parametrize("training", [True, False])
def test_a_network_that_drops_everything_can_be_verified(stack, training, rng):
    """TensorFlow finds no path from the loss to what is below: those derivatives are 0."""
    fused = stack[-1].activation.name == "softmax"
    model = handnn.Sequential([handnn.Input((5,)), *(type(s).from_config(s.get_config()) for s in stack)])
    model.compile(handnn.optimizers.SGD(0.1, momentum=0.9), "categorical_crossentropy" if fused else "mse")
    outputs = model.output_shape[-1]
    y = np.eye(outputs)[rng.integers(0, outputs, 6)] if fused else rng.normal(size=(6, outputs))
    report = verify_model(model, rng.normal(size=(6, 5)), y, training=training)
    assert report.ok, report.verdict()


def test_a_gradient_below_a_network_that_drops_everything_is_seen(monkeypatch, rng):
    monkeypatch.setattr(layers.Dropout, "backward", lambda self, t: setattr(t, "dx", t.delta + 0))
    model = handnn.Sequential([handnn.Input((5,)), layers.Dense(4), layers.Dropout(1.0, name="drop"), layers.Dense(3)])
    model.compile("sgd", "mse")
    report = verify_model(model, rng.normal(size=(6, 5)), rng.normal(size=(6, 3)))
    assert (report.first_failure.layer, report.first_failure.tensor) == ("drop", "dx")
