"""Results of TensorFlow's own kernels, in four formats, are explained by the formulas of what they compute."""

import numpy as np
import pytest
from scipy import special

from handnn.rounding.enclosure.precision import numpy_dtype
from handnn.rounding.explanation import explain


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(z):
    d = z - z.max(axis=-1, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


def windows(x, w):
    """A convolution of one channel: x (rows, steps), w (width,)."""
    return np.einsum("rsw,w->rs", np.lib.stride_tricks.sliding_window_view(x, w.shape[0], axis=-1), w)


FORMULAS = {
    "tanh": (lambda tf, x: tf.tanh(x), np.tanh),
    "sigmoid": (lambda tf, x: tf.sigmoid(x), special.expit),
    "exp": (lambda tf, x: tf.exp(x), np.exp),
    "expm1": (lambda tf, x: tf.math.expm1(x), np.expm1),
    "log": (lambda tf, x: tf.math.log(abs(x)), lambda x: np.log(np.abs(x))),
    "log1p": (lambda tf, x: tf.math.log1p(abs(x)), lambda x: np.log1p(np.abs(x))),
    "erf": (lambda tf, x: tf.math.erf(x), special.erf),
    "erfc": (lambda tf, x: tf.math.erfc(x), special.erfc),
    "sin": (lambda tf, x: tf.sin(x), np.sin),
    "rsqrt": (lambda tf, x: tf.math.rsqrt(abs(x) + 1), lambda x: np.power(np.abs(x) + 1, -0.5)),
    "sum": (lambda tf, x: tf.reduce_sum(x, axis=-1), lambda x: x.sum(axis=-1)),
    "mean": (lambda tf, x: tf.reduce_mean(x, axis=0), lambda x: x.mean(axis=0)),
    "product": (lambda tf, x: tf.reduce_prod(x[:, :5], axis=-1), lambda x: np.prod(x[:, :5], axis=-1)),
    "running sum": (lambda tf, x: tf.cumsum(x, axis=-1), lambda x: np.cumsum(x, axis=-1)),
    "variance": (lambda tf, x: tf.math.reduce_variance(x, axis=-1), lambda x: np.var(x, axis=-1)),
    "matmul": (lambda tf, x: tf.matmul(x, x, transpose_b=True), lambda x: x @ x.T),
    "softmax": (lambda tf, x: tf.nn.softmax(x), softmax),
    "log softmax": (lambda tf, x: tf.nn.log_softmax(x), log_softmax),
    "convolution": (
        lambda tf, x: tf.nn.conv1d(x[..., None], x[0, :5][:, None, None], 1, "VALID")[..., 0],
        lambda x: windows(x, x[0, :5]),
    ),
    "norm": (lambda tf, x: tf.norm(x, axis=-1), lambda x: np.linalg.norm(x, axis=-1)),
}


@pytest.mark.quick(4)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", FORMULAS)
def test_tensorflow_is_explained(name, dtype, tf, rng):
    theirs, formula = FORMULAS[name]
    for scale in (0.1, 1, 3):
        x = (rng.normal(size=(6, 40)) * scale).astype(numpy_dtype(dtype))
        try:
            actual = theirs(tf, tf.constant(x)).numpy()
        except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError, tf.errors.UnimplementedError, TypeError):
            pytest.skip(f"TensorFlow has no {name} in {dtype} on a CPU")
        found = explain(actual, formula, x, dtype=dtype)
        assert found.ok, str(found)
