"""Layers as other people would write them: right ones in every convention, wrong ones named or described."""

from pathlib import Path

import numpy as np
import pytest

from handnn import layers
from handnn.diagnosis import check_layer
from handnn.core.trace import LayerTrace

DENSE = "Dense(5, activation='tanh')"


class Dense:
    """tanh(x W + b), with a mistake if one is asked for."""

    def __init__(self, mistake=""):
        self.W, self.b, self.mistake = np.zeros((4, 5)), np.zeros(5), mistake

    def forward(self, x):
        self.x, self.a = x, np.tanh(x @ self.W + self.b)
        if self.mistake == "writes into x":
            x += 1
        return self.a + 0.1 * (self.mistake == "forward")

    def backward(self, upstream):
        delta = upstream * (1 - (self.a if self.mistake == "tanh' = 1 - a" else self.a**2))
        if self.mistake == "f' left out":
            delta = upstream
        if self.mistake == "writes into upstream":
            upstream *= 2
        dW, self.db = self.x.T @ delta, delta.sum(axis=0)
        if self.mistake == "adds up":
            dW = dW + getattr(self, "dW", 0)
        if self.mistake == "averaged":
            dW, self.db = dW / len(delta), self.db / len(delta)
        self.dW = dW * (1.3 if self.mistake == "factor" else 1)
        if self.mistake == "no db":
            del self.db
        if self.mistake == "no dx":
            return None
        return delta @ self.W.T / (0 if self.mistake == "infinite" else 1)


class Columns:
    """W x + b with samples in columns, and everything in dicts."""

    def __init__(self, units=5, inputs=4):
        self.params = {"W": np.zeros((units, inputs)), "b": np.zeros((units, 1))}

    def forward(self, x):
        self.x = x
        return self.params["W"] @ x + self.params["b"]

    def backward(self, delta):
        self.grads = {"W": delta @ self.x.T, "b": delta.sum(axis=1, keepdims=True)}
        return self.params["W"].T @ delta


class Returning:
    """Hands gradients back and takes a cache."""

    def __init__(self):
        self.weights, self.bias = np.zeros((4, 5)), np.zeros(5)

    def __call__(self, x):
        return x @ self.weights + self.bias, x

    def backward(self, delta, cache):
        return delta @ self.weights.T, delta.sum(axis=0), cache.T @ delta


class BatchNorm:
    def __init__(self, forgotten=False):
        self.gamma, self.beta, self.running_mean, self.forgotten = np.ones(4), np.zeros(4), np.zeros(4), forgotten

    def forward(self, x, training=False):
        assert training
        self.r = 1 / np.sqrt(x.var(axis=0) + 1e-3)
        self.xhat = (x - x.mean(axis=0)) * self.r
        return self.gamma * self.xhat + self.beta

    def backward(self, delta):
        self.dgamma, self.dbeta = (delta * self.xhat).sum(axis=0), delta.sum(axis=0)
        g = delta * self.gamma
        if self.forgotten:
            return g * self.r
        return (g - g.mean(axis=0) - self.xhat * (g * self.xhat).mean(axis=0)) * self.r


class Said:
    """handnn: layer Activation('tanh'), input_shape=(4,)"""

    def forward(self, x):
        self.x = x
        return np.sin(x)

    def backward(self, delta):
        return delta * np.cos(self.x)


class Product:
    def __init__(self):
        self.W = np.zeros((4, 5))

    def of(self, x):
        self.x = x
        return x @ self.W

    def by_weights(self, delta):
        return self.x.T @ delta / 2


class Holder:
    """A layer whose derivative is in another class."""

    def __init__(self):
        self.product = Product()

    def forward(self, x):
        return self.product.of(x)

    def backward(self, delta):
        self.dW = self.product.by_weights(delta)
        return delta @ self.product.W.T


class Leaky:
    """Its slope shows only where it is not 1."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, delta):
        return delta * np.where(self.x > 0, 1, self.alpha**2)


class Own:
    """A layer of handnn's as somebody would write it."""

    def __init__(self, layer, shape):
        self.layer = layer
        layer.build((None, *shape))
        self.params = {weight.name: weight.value for weight in layer.trainable_weights}

    def forward(self, x):
        for weight in self.layer.trainable_weights:
            weight.value = self.params[weight.name]
        self.t = LayerTrace("own")
        self.t.training, self.t.x = True, x
        self.layer.forward(self.t)
        self.layer.activate(self.t)
        return self.t.a.copy()

    def backward(self, upstream):
        self.t.upstream = upstream
        self.layer.residual(self.t)
        self.layer.backward(self.t)
        self.grads = dict(self.t.gradients)
        return self.t.dx


def test_a_right_one_is_a_match():
    assert check_layer(Dense(), DENSE).verdict == "match"
    assert check_layer(Dense(), layers.Dense(5, activation="tanh")).verdict == "match"
    verdict = check_layer(BatchNorm, "BatchNormalization")
    assert verdict.verdict == "match" and verdict.checked == ["forward", "gamma", "beta", "x"], verdict


@pytest.mark.slow
def test_its_own_forward_pass_is_the_judge():
    assert check_layer(Dense()).verdict == "match"
    assert check_layer(BatchNorm).verdict == "match"
    verdict = check_layer(Dense, mistake="f' left out")
    assert verdict.verdict == "wrong" and blamed(verdict) == ["delta = upstream"], verdict
    assert check_layer(BatchNorm(forgotten=True)).summary.endswith("d/dx")


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: layers.Dense(5, activation="softmax", dtype="float64"), (4,)),
        (lambda: layers.Dense(3, use_bias=False, dtype="float64"), (4,)),
        (lambda: layers.LayerNormalization(dtype="float64"), (4,)),
        (lambda: layers.PReLU(dtype="float64"), (4,)),
        (lambda: layers.Activation("gelu", dtype="float64"), (4,)),
        (lambda: layers.Softmax(dtype="float64"), (3, 4)),
    ],
)
def test_layers_of_handnn_are_right(layer, shape):
    assert check_layer(Own(layer(), shape), layer(), input_shape=shape).verdict == "match"
    assert check_layer(Own(layer(), shape), input_shape=shape).verdict == "match"


def test_a_keras_layer_is_a_reference(keras):
    assert check_layer(Dense(), keras.layers.Dense(5, activation="tanh")).verdict == "match"


def test_samples_in_columns():
    verdict = check_layer(Columns, "Dense(5)")
    assert verdict.verdict == "match" and "samples in columns" in verdict.found, verdict
    assert check_layer(Columns).ok


@pytest.mark.slow
def test_means_and_gradients_that_add_up():
    verdict = check_layer(Dense("averaged"), DENSE)
    assert verdict.verdict == "other convention" and "means over the samples" in verdict.convention[0], verdict
    assert check_layer(Dense("averaged"), "Dense(5)").verdict == "wrong"
    assert check_layer(Dense("adds up"), DENSE).ok
    assert "is changed in place" in check_layer(Dense("writes into upstream"), DENSE).notes[0]


def blamed(verdict):
    """Return the blamed lines as they are in this file."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert all(blame["file"] == __file__ for blame in verdict.blamed)
    return [lines[blame["line"] - 1].strip() for blame in verdict.blamed]


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        ("f' left out", "delta = upstream"),
        ("factor", 'self.dW = dW * (1.3 if self.mistake == "factor" else 1)'),
        ("forward", 'return self.a + 0.1 * (self.mistake == "forward")'),
        ("infinite", 'return delta @ self.W.T / (0 if self.mistake == "infinite" else 1)'),
    ],
)
def test_the_line_of_a_mistake_is_blamed(mistake, line):
    verdict = check_layer(Dense(mistake), DENSE)
    assert verdict.verdict == "wrong" and blamed(verdict) == [line], verdict
    assert max(map(len, str(verdict).split("\n"))) <= 80


def test_what_is_written_into_x_is_wrong():
    verdict = check_layer(Dense("writes into x"), DENSE)
    assert verdict.verdict == "wrong" and "x is changed in place; it is judged on copies" in verdict.notes, verdict


@pytest.mark.parametrize(("mistake", "missing"), [("no dx", "x"), ("no db", "b")])
def test_a_gradient_that_is_not_given_is_not_compared(mistake, missing):
    verdict = check_layer(Dense(mistake), DENSE)
    assert verdict.verdict == "incomplete" and [item["what"] for item in verdict.unchecked] == [missing], verdict


def test_a_layer_that_shares_the_classes_of_its_parts():
    """What an object holds is recorded with it."""
    verdict = check_layer(Holder())
    assert verdict.verdict == "wrong" and blamed(verdict) == ["return self.x.T @ delta / 2"], verdict


def test_a_class_may_be_made_in_a_function():
    scale = 2.0

    class Scaled:
        def forward(self, x):
            return scale * np.asarray(x)

        def backward(self, delta):
            return scale**2 * delta

    verdict = check_layer(Scaled)
    assert verdict.verdict == "wrong" and blamed(verdict) == ["return scale**2 * delta"], verdict


def test_a_docstring_says_what_a_layer_is():
    verdict = check_layer(Said)
    assert verdict.verdict == "wrong" and blamed(verdict) == ["return np.sin(x)"], verdict
    assert check_layer(Said, "Activation('sin')").verdict != "match"


def test_a_class_is_tried_with_other_settings():
    assert check_layer(Leaky).verdict == "wrong"


def test_gradients_handed_back_are_taken_by_their_shapes():
    assert check_layer(Returning(), "Dense(5)").verdict == "match"


def test_bad_input_is_told():
    with pytest.raises(TypeError, match=r"forward\(x\) and backward"):
        check_layer(3)
    with pytest.raises(ValueError, match="must read like"):
        check_layer(Dense, "Dense(")
    with pytest.raises(TypeError, match="options are for"):
        check_layer(Dense(), "Dense(5)", units=3)
    assert check_layer(BatchNorm(), "Dense(5)").verdict == "incomplete"
