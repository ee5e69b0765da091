"""Keras' and TensorFlow's objects, PyTorch's and JAX's functions: judged by differences of their own forward pass."""

import sys
import types

import numpy as np
import pytest

from handnn import diagnosis, testing
from handnn.diagnosis.objects import declared, functions

DTYPES = ("float64", "float32")


@pytest.fixture
def custom(tf):
    """`custom(forward, backward)`: a function of one tensor with this derivative, given the upstream and x."""

    def make(forward, backward):
        @tf.custom_gradient
        def function(x):
            return forward(x), lambda upstream: backward(upstream, x)

        return function

    return make


# ---- the comparison itself, without any framework -------------------------------------------------------------------


def code(gradient, forward=np.tanh, dtype="float64"):
    def draws(seed):
        return {"x": np.random.default_rng(seed).normal(size=(3, 4)).astype(dtype)}

    return declared.Declared(
        draws, lambda leaves: [forward(leaves["x"])], lambda leaves, u: {"x": gradient(leaves["x"], u[0])}, ["x"], dtype
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_right_derivative_is_within_what_differences_leave_open(dtype):
    judged = declared.judge(code(lambda x, u: u * (1 - np.tanh(x) ** 2), dtype=dtype))
    assert judged.right == ["x"]


@pytest.mark.parametrize(("dtype", "off"), [("float64", 1e-6), ("float32", 1e-2)])
def test_a_small_factor_is_seen(dtype, off):
    judged = declared.judge(code(lambda x, u: (1 + off) * u * (1 - np.tanh(x) ** 2), dtype=dtype))
    assert judged.wrong == ["x"]


def test_one_wrong_element_is_seen():
    def gradient(x, u):
        right = u * (1 - np.tanh(x) ** 2)
        right[1, 2] *= 1.001
        return right

    made = declared.judge(code(gradient)).found["x"]
    assert made.right is False and made.index == (1, 2)


def test_kinks_and_steps_are_no_alarm():
    relu = code(lambda x, u: u * (x > 0), lambda x: np.maximum(x, 0))
    assert declared.judge(relu).right == ["x"]
    flat = code(lambda x, u: np.zeros_like(u), np.round)
    assert not declared.judge(flat).wrong


def test_what_says_nothing_is_not_right():
    nowhere = code(lambda x, u: None, lambda x: np.zeros_like(x))
    said = declared.verdict("f", declared.judge(nowhere))
    assert said.verdict == "incomplete" and said.unchecked[0]["what"] == "d/d(x)"


def test_a_function_that_changes_cannot_be_judged():
    rng = np.random.default_rng(0)
    noisy = code(lambda x, u: u, lambda x: x + rng.normal(size=x.shape))
    with pytest.raises(declared.CannotRunError, match="different outputs"):
        declared.judge(noisy)


def test_without_the_framework_one_line_says_what_to_install(monkeypatch):
    for name, missing in (
        ("torch", "pip install torch"),
        ("jax", "pip install jax"),
        ("tensorflow", "handnn\\[keras\\]"),
    ):
        monkeypatch.setattr(functions, "framework_of", lambda given, name=name: name)
        monkeypatch.setitem(sys.modules, {"tensorflow": "tf_reference"}.get(name, name), None)
        with pytest.raises(ModuleNotFoundError, match=missing) as raised:
            testing.check_function(len)
        assert len(str(raised.value).splitlines()) == 1


# ---- functions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.slow
def test_a_custom_gradient(tf, custom, dtype):
    right = custom(tf.tanh, lambda u, x: u * (1 - tf.tanh(x) ** 2))
    assert diagnosis.check_function(right, dtype=dtype).verdict == "match"
    negates = custom(tf.tanh, lambda u, x: -u * (1 - tf.tanh(x) ** 2))
    said = diagnosis.check_function(negates, dtype=dtype)
    assert said.verdict == "wrong" and "it is -1 times the derivative" in said.pattern
    assert "surrogate=True" in said.notes[-1]
    with pytest.raises(AssertionError, match="-1 times"):
        testing.check_function(negates)


@pytest.mark.slow
def test_against_a_name(tf, custom):
    right = custom(tf.tanh, lambda u, x: u * (1 - tf.tanh(x) ** 2))
    assert testing.check_activation(right, "tanh").verdict == "match"
    assert testing.check_activation(right).verdict == "match"
    other = diagnosis.check_activation(right, "sigmoid")
    assert other.verdict == "wrong" and "it is tanh" in other.summary
    sign = diagnosis.check_activation(custom(tf.tanh, lambda u, x: u * (1 + tf.tanh(x) ** 2)), "tanh")
    assert sign.mistakes == ["tanh' = 1 + a^2"]


@pytest.mark.slow
def test_several_arguments(tf):
    def affine(scale):
        @tf.custom_gradient
        def product(x, w):
            return x @ w, lambda u: (u @ tf.transpose(w), scale * tf.transpose(x) @ u)

        return product

    assert testing.check_function(affine(1.0)).checked == ["x", "w"]
    x, w = np.ones((2, 5)), np.ones((5, 3))
    assert diagnosis.check_function(affine(2.0), [x, w]).where == "d/d(w)"
    assert diagnosis.check_function(affine(1.0), [x, w.T]).verdict == "broken"


SURROGATES = {
    "that of identity": (lambda tf, x: tf.round(x), lambda tf, u, x: u),
    "-0.3 times that of the forward pass": (lambda tf, x: x * 1.0, lambda tf, u, x: -0.3 * u),
    "that of identity where |x| is below 1, and 0 elsewhere": (
        lambda tf, x: tf.sign(x),
        lambda tf, u, x: u * tf.cast(tf.abs(x) <= 1, x.dtype),
    ),
    "0.5 times that of sigmoid": (
        lambda tf, x: tf.cast(x > 0, x.dtype),
        lambda tf, u, x: 0.5 * u * tf.sigmoid(x) * (1 - tf.sigmoid(x)),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SURROGATES)
def test_a_surrogate_is_told(tf, custom, what):
    forward, backward = SURROGATES[what]
    function = custom(lambda x: forward(tf, x), lambda u, x: backward(tf, u, x))
    said = testing.check_function(function, surrogate=True)
    assert said.verdict == "other convention" and said.summary == f"a surrogate: the derivative by x is {what}"
    assert diagnosis.check_function(function).verdict == "wrong"


@pytest.mark.slow
def test_what_is_no_surrogate(tf, custom):
    clipped = custom(lambda x: x * 1.0, lambda u, x: tf.clip_by_value(u, -0.5, 0.5))
    assert "not linear" in diagnosis.check_function(clipped, surrogate=True).summary
    unknown = custom(tf.round, lambda u, x: u * x**3)
    assert diagnosis.check_function(unknown, surrogate=True).verdict == "incomplete"
    right = custom(tf.tanh, lambda u, x: u * (1 - tf.tanh(x) ** 2))
    assert "not needed" in diagnosis.check_function(right, surrogate=True).notes[0]


def test_autograd_functions():
    torch = pytest.importorskip("torch")

    class Square(torch.autograd.Function):
        factor = 2.0

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, upstream):
            (x,) = ctx.saved_tensors
            return 2 * x * upstream

    class Half(Square):
        @staticmethod
        def backward(ctx, upstream):
            (x,) = ctx.saved_tensors
            return x * upstream

    assert testing.check_function(Square).ok and testing.check_function(Square.apply).ok
    assert "0.5 times" in diagnosis.check_function(Half).pattern
    assert diagnosis.check_function(Half, surrogate=True).ok


def test_custom_vjp():
    jax = pytest.importorskip("jax")

    def make(scale):
        @jax.custom_vjp
        def function(x):
            return jax.numpy.sin(x)

        function.defvjp(lambda x: (jax.numpy.sin(x), x), lambda x, u: (scale * u * jax.numpy.cos(x),))
        return function

    assert testing.check_function(make(1.0)).ok
    assert diagnosis.check_function(make(-1.0)).verdict == "wrong"


# ---- layers ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_layers(keras, tf):
    """Layers with a `call` of their own: right, not Dense, with a wrong custom gradient, reversing."""

    class Right(keras.layers.Layer):
        def __init__(self, units=3, **more):
            super().__init__(**more)
            self.units = units

        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], self.units))
            self.b = self.add_weight(shape=(self.units,), initializer="zeros")

        def call(self, x):
            return tf.tanh(x @ self.w + self.b)

    class Sigmoid(Right):
        def call(self, x):
            return tf.sigmoid(x @ self.w + self.b)

    class Doubled(Right):
        def call(self, x):
            @tf.custom_gradient
            def product(x, w):
                return x @ w, lambda u: (u @ tf.transpose(w), 2 * tf.transpose(x) @ u)

            return tf.tanh(product(x, tf.convert_to_tensor(self.w)) + self.b)

    class Reversal(keras.layers.Layer):
        def call(self, x):
            return tf.custom_gradient(lambda z: (tf.identity(z), lambda u: -u))(x)

    return types.SimpleNamespace(right=Right, sigmoid=Sigmoid, doubled=Doubled, reversal=Reversal)


def test_a_layer_of_ones_own(own_layers):
    layer = own_layers.right(3)
    before = layer.built
    said = testing.check_layer(layer, "Dense(3, activation='tanh')")
    assert said.verdict == "match" and said.checked == ["output against handnn's Dense", "x", "w", "b"]
    assert layer.built == before


@pytest.mark.quick(1)
@pytest.mark.parametrize("mistake", ["sigmoid", "doubled", "reversal"])
def test_a_wrong_layer(own_layers, mistake):
    if mistake == "sigmoid":
        said = diagnosis.check_layer(own_layers.sigmoid(3), "Dense(3, activation='tanh')")
        assert said.where == "forward" and "0." in said.example[0]
    elif mistake == "doubled":
        said = diagnosis.check_layer(own_layers.doubled(3))
        assert said.where == "d/d(w)" and "2 times" in said.pattern
    else:
        said = diagnosis.check_layer(own_layers.reversal())
        assert said.where == "d/d(x)"
        told = testing.check_layer(own_layers.reversal(), surrogate=True)
        assert "-1 times that of the forward pass" in told.summary
    assert said.verdict == "wrong"


LAYERS = {
    "Dense": ((5,), ["output against handnn's Dense", "x", "kernel", "bias"]),
    "BatchNormalization": ((), ["output against handnn's BatchNormalization", "x", "gamma", "beta"]),
    "Dropout": ((0.5,), ["output against handnn's Dropout", "x"]),
    "Embedding": ((4, 3), ["output against handnn's Embedding", "embeddings"]),
    "LSTM": ((2,), ["x", "kernel", "recurrent_kernel", "bias"]),
    "MultiHeadAttention": ((1, 2), ["x1", "x2"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
def test_keras_own_layers(keras, name):
    given, checked = LAYERS[name]
    said = testing.check_layer(getattr(keras.layers, name)(*given))
    assert said.verdict == "match" and set(checked) <= set(said.checked), said


@pytest.mark.slow
def test_a_reference_that_is_none(own_layers):
    with pytest.raises(ValueError, match=r"reference: .*'Dens'"):
        diagnosis.check_layer(own_layers.right(3), "Dens(5)")


def test_a_loss_without_a_reference_is_held_against_its_own_value():
    def value(y, p):
        return np.mean(np.where(np.abs(p - y) < 1, 0.5 * (p - y) ** 2, np.abs(p - y) - 0.5))

    def gradient(y, p):
        return np.clip(p - y, -1, 1) / p.size

    def without_a_mean(y, p):
        return np.clip(p - y, -1, 1)

    assert diagnosis.check_loss(value, gradient).verdict == "match"
    assert diagnosis.check_loss(value, without_a_mean).verdict == "wrong"
    with pytest.raises(TypeError, match="reference"):
        diagnosis.check_loss(value)
