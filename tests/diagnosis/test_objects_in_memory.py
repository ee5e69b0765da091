"""Keras' optimizers, a train_step of one's own, and functions in memory, judged directly."""

from pathlib import Path

import numpy as np
import pytest

from handnn import diagnosis, testing
from handnn.diagnosis.objects import live


# ---- optimizers -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Lion"])
def test_keras_own_optimizers(keras, name):
    given = getattr(keras.optimizers, name)(0.05)
    assert testing.check_optimizer(given).verdict == "match"
    assert not given.built


@pytest.mark.slow
def test_an_optimizer_of_ones_own(keras, tf):
    class Mine(keras.optimizers.Optimizer):
        factor = 1.0

        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, self.factor * tf.cast(learning_rate, variable.dtype) * gradient)

    class Twice(Mine):
        factor = 2.0

    with pytest.raises(ValueError, match="reference must say"):
        diagnosis.check_optimizer(Mine(0.1))
    assert testing.check_optimizer(Mine(0.1), "sgd").verdict == "match"
    assert "2 times" in diagnosis.check_optimizer(Twice(0.1), "sgd").pattern


@pytest.mark.slow
def test_a_mistake_in_a_keras_optimizer_has_its_name(keras, tf):
    class Uncorrected(keras.optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            m = self._momentums[self._get_variable_index(variable)]
            v = self._velocities[self._get_variable_index(variable)]
            self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
            self.assign(v, self.beta_2 * v + (1 - self.beta_2) * gradient**2)
            self.assign_sub(variable, tf.cast(learning_rate, m.dtype) * m / (tf.sqrt(v) + self.epsilon))

    said = diagnosis.check_optimizer(Uncorrected(0.01))
    assert said.verdict == "wrong" and said.mistakes == ["no bias correction"], said


# ---- a train_step of one's own --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def training(keras, tf):
    """`training(scale, optimizer, own_loss)`: a compiled model whose train_step multiplies one gradient."""

    class Own(keras.Model):
        def __init__(self, scale, optimizer, own_loss):
            super().__init__()
            self.scale, self.by_optimizer, self.own_loss = scale, optimizer, own_loss
            self.first = keras.layers.Dense(2, activation="tanh")

        def call(self, x, training=False):
            return self.first(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                p = self(x, training=True)
                loss = tf.reduce_mean((p - y) ** 4) if self.own_loss else self.compute_loss(x=x, y=y, y_pred=p)
            gradients = tape.gradient(loss, [v.value for v in self.trainable_variables])
            gradients[0] = gradients[0] * self.scale
            if self.by_optimizer:
                self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            else:
                for variable, gradient in zip(self.trainable_variables, gradients, strict=True):
                    variable.assign_sub(0.1 * gradient)
            return {"loss": loss}

    def make(scale=1.0, optimizer=True, own_loss=False):
        model = Own(scale, optimizer, own_loss)
        model.compile("sgd", "mse")
        return model

    return make


X = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(5, 2)).astype("float32")


@pytest.mark.parametrize("optimizer", [True, False])
@pytest.mark.parametrize("own_loss", [False, True])
@pytest.mark.slow
def test_a_train_step(training, optimizer, own_loss):
    if own_loss and not optimizer:
        assert diagnosis.check_train_step(training(1.0, False, True), X, Y).verdict == "broken"
        return
    model = training(1.0, optimizer, own_loss)
    model(X)
    before = [np.array(w) for w in model.weights]
    assert testing.check_train_step(model, X, Y).verdict == "match"
    assert all(np.array_equal(a, b) for a, b in zip(before, model.weights, strict=True))
    said = diagnosis.check_train_step(training(-1.0, optimizer, own_loss), X, Y)
    assert said.verdict == "wrong" and "kernel" in said.where


# ---- functions in memory --------------------------------------------------------------------------------------------


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


FACTOR = 1.0


def network(parameters, x, y):
    W1, b1, W2, b2 = parameters
    a1 = sigmoid(x @ W1 + b1)
    e = np.exp(a1 @ W2 + b2)
    p = e / e.sum(axis=1, keepdims=True)
    delta2 = FACTOR * (p - y) / len(x)
    delta1 = (delta2 @ W2.T) * a1 * (1 + a1)
    loss = -(y * np.log(p)).sum() / len(x)
    return loss, [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, upstream):
        self.dW = self.x.T @ upstream
        self.db = upstream.mean(axis=0)
        return upstream @ self.W.T


def line(text):
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(n for n, source in enumerate(lines, 1) if source.strip() == text)


@pytest.mark.parametrize("described", [None, "4-5-3 sigmoid softmax categorical_crossentropy"])
@pytest.mark.slow
def test_a_function_in_memory_has_lines(described):
    said = diagnosis.check_network(network, described)
    assert said.verdict == "wrong"
    assert [blame["line"] for blame in said.blamed] == [line("delta1 = (delta2 @ W2.T) * a1 * (1 + a1)")]
    assert said.blamed[0]["file"] == __file__
    page = said._repr_html_()
    assert "delta1 = (delta2 @ W2.T) * a1 * (1 + a1)" in page and "breaks here" in page


@pytest.mark.slow
def test_a_class_in_memory_has_lines():
    said = diagnosis.check_layer(Affine(np.ones((3, 4)), np.ones(4)))
    assert [blame["line"] for blame in said.blamed] == [line("self.db = upstream.mean(axis=0)")]


def test_without_source_it_is_not_judged():
    assert live.judged(len) is None
    assert diagnosis.check_network(len).verdict == "incomplete"
