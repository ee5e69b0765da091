"""`verify_model` of networks with parts of the user's own: held against their own forward pass, and it says so."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.verify import verify_model

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))


class Scale(layers.Layer):
    """z = tanh(x w)."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def call(self, x):
        return np.tanh(x * self.w.value)

    def backward(self, t):
        slope = t.delta * (1 - t.z**2)
        t.gradients["w"] = (slope * t.x).sum(axis=0)
        t.dx = slope * self.w.value


class Silent(layers.Layer):
    """A layer without a backward, of a function that no operation computes."""

    def call(self, x):
        return np.sinh(x)


def quartic(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 4, axis=-1)


quartic.derivative = lambda y_true, y_pred: 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]


def soft(z):
    return z / (1 + np.abs(z))


soft.derivative = lambda z: 1 / (1 + np.abs(z)) ** 2


def net(*inner, loss="mse", dtype="float32", activation="tanh"):
    stack = [
        handnn.Input((4,), dtype=dtype),
        layers.Dense(3, activation, dtype=dtype, name="first"),
        *inner,
        layers.Dropout(0.3, seed=1, dtype=dtype),
        layers.Dense(2, dtype=dtype, name="out"),
    ]
    model = handnn.Sequential(stack, name="net")
    model.compile("adam", loss)
    return model


OWN = {
    "layer": (lambda **o: net(Scale(name="scale", **o), **o), "scale (Scale)"),
    "activation": (lambda **o: net(activation=soft, **o), "activation soft of first"),
    "loss": (lambda **o: net(loss=quartic, **o), "loss quartic"),
    "function": (lambda **o: net(layers.Lambda(tripled, name="threefold", **o), **o), "threefold (Lambda)"),
}


def tripled(x):
    return 3 * x


tripled.backward = lambda delta, x: 3 * delta


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", OWN)
def test_what_tensorflow_does_not_have_is_held_against_itself(kind, training, dtype):
    make, named = OWN[kind]
    model = make(dtype=dtype)
    before = model.get_weights()
    report = verify_model(model, X, Y, training=training)
    assert report.ok and {row.check for row in report} == {"own forward"}, report
    assert named in report.notes[0] and "TensorFlow has no counterpart" in report.notes[0]
    assert "agree with differences of their own forward pass" in report.verdict()
    assert all(np.array_equal(a, b) and a.dtype == dtype for a, b in zip(before, model.get_weights(), strict=True))


def wrong_layer(self, t):
    Scale.backward(self, t)
    t.gradients["w"] *= 1.001


class Wrong(Scale):
    backward = wrong_layer


class WrongInput(Scale):
    def backward(self, t):
        super().backward(t)
        t.dx = t.delta * self.w.value


MISTAKES = {
    "weight": (lambda: net(Wrong(name="scale")), "scale", "dw"),
    "input": (lambda: net(WrongInput(name="scale")), "scale", "dx"),
    "activation": (lambda: net(activation=half_soft), "first", "delta"),
    "loss": (lambda: net(loss=half), "out", "upstream"),
}


def half(y_true, y_pred):
    return quartic(y_true, y_pred)


half.derivative = lambda y_true, y_pred: quartic.derivative(y_true, y_pred) / 2


def half_soft(z):
    return soft(z)


half_soft.derivative = lambda z: 1 / (1 + np.abs(z))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_derivative_is_seen_where_it_is(mistake):
    make, layer, tensor = MISTAKES[mistake]
    report = verify_model(make(), X, Y)
    assert (report.first_failure.layer, report.first_failure.tensor) == (layer, tensor)
    assert "by differences of the forward pass" in report.verdict()


def test_without_a_derivative_nothing_is_called_right():
    report = verify_model(net(Silent(name="silent")), X, Y)
    assert not report.ok and "nothing was compared; Silent silent has no derivative" in report.verdict()
