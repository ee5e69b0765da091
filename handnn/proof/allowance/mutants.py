"""Twenty known formulas, each with one factor that is off: which tolerance notices?

`f(k, *inputs)`: k is 1 in the right formula, 1 + r in a mutant. NumPy computes both in the format; the result is judged
by the allowance, by `numpy.testing.assert_allclose` and by the default tolerances of `torch.testing.assert_close`. The
last two get the right formula in float64, rounded to the format, as what is expected.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...rounding.explanation import explain

Array = np.ndarray[Any, Any]
MISTAKES = (1e-3, 1e-5, 1e-6)
TORCH = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
"""(rtol, atol) by dtype. Source: https://docs.pytorch.org/docs/stable/testing.html, torch.testing.assert_close."""
DTYPES = tuple(TORCH)
DRAWS = 10


class Formula(NamedTuple):
    """A formula with a factor k in one of its steps, and its inputs."""

    f: Callable[..., Any]
    draw: Callable[[np.random.Generator], tuple[Array, ...]]


def _x(*shapes: Any) -> Callable[[np.random.Generator], tuple[Array, ...]]:
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _layer_norm(k: Any, x: Any, g: Any, b: Any) -> Any:
    d = x - x.mean(axis=-1, keepdims=True)
    return g * (d / np.sqrt(k * (d * d).mean(axis=-1, keepdims=True) + 0.0009765625)) + b


def _batch_norm_gradient(k: Any, x: Any, up: Any) -> Any:
    d = x - x.mean(axis=0)
    r = 1 / np.sqrt((d * d).mean(axis=0) + 0.0009765625)
    n = d * r
    return r * (up - up.mean(axis=0) - n * (k * (up * n).mean(axis=0)))


def _adam(k: Any, g: Any, w: Any, v: Any) -> Any:
    square = 0.875 * np.abs(v) + k * (0.125 * (g * g))
    return w - 0.125 * (g / (np.sqrt(square) + 0.0009765625))


def _lstm_cell(k: Any, z: Any, c: Any) -> Any:
    i, f, g = z[:, :8], z[:, 8:16], z[:, 16:]
    return np.tanh(_sigmoid(f) * c + k * (_sigmoid(i) * np.tanh(g)))


def _attention(k: Any, q: Any, keys: Any, values: Any) -> Any:
    return _softmax((q @ keys.T) * (k * 0.25)) @ values


def _cross_entropy(k: Any, z: Any) -> Any:
    top = z.max(axis=-1, keepdims=True)
    return (np.log(np.exp(z - top).sum(axis=-1, keepdims=True)) + top)[..., 0] - k * z[..., 0]


FORMULAS: dict[str, Formula] = {
    "dense layer": Formula(lambda k, x, w, b: x @ w + k * b, _x((8, 16), (16, 4), 4)),
    "tanh layer": Formula(lambda k, x, w: np.tanh(k * (x @ w)), _x((8, 16), (16, 4))),
    "softmax": Formula(lambda k, z: _softmax(k * z), _x((8, 10))),
    "cross-entropy": Formula(_cross_entropy, _x((8, 10))),
    "cross-entropy gradient": Formula(lambda k, z: (_softmax(z) - k * (z > 1)) / 8, _x((8, 10))),
    "sigmoid": Formula(lambda k, z: _sigmoid(k * z), _x((8, 10))),
    "swish": Formula(lambda k, z: z * _sigmoid(k * z), _x((8, 10))),
    "gelu (tanh)": Formula(
        lambda k, z: 0.5 * z * (1 + np.tanh(0.7978845608 * (z + k * 0.044715 * (z * z * z)))), _x((8, 10))
    ),
    "softplus": Formula(lambda k, z: np.maximum(z, 0) + k * np.log1p(np.exp(-np.abs(z))), _x((8, 10))),
    "layer norm": Formula(_layer_norm, _x((8, 16), 16, 16)),
    "RMS norm": Formula(lambda k, x: x / np.sqrt(k * (x * x).mean(-1, keepdims=True) + 0.0009765625), _x((8, 16))),
    "batch norm gradient": Formula(_batch_norm_gradient, _x((16, 6), (16, 6))),
    "attention": Formula(_attention, _x((4, 16), (8, 16), (8, 6))),
    "LSTM cell": Formula(_lstm_cell, _x((4, 24), (4, 8))),
    "convolution": Formula(
        lambda k, x, w: np.einsum("rwk,k->rw", np.lib.stride_tricks.sliding_window_view(x, 5, axis=-1), k * w),
        _x((4, 20), 5),
    ),
    "Adam": Formula(_adam, _x(40, 40, 40)),
    "momentum": Formula(lambda k, g, w, m: w + (0.9 * m - k * (0.125 * g)), _x(40, 40, 40)),
    "Huber loss": Formula(
        lambda k, d: np.where(np.abs(d) <= 1, 0.5 * (d * d), k * (np.abs(d) - 0.5)).mean(axis=-1), _x((8, 10))
    ),
    "cosine similarity": Formula(
        lambda k, a, b: (a * b).sum(-1) / (np.sqrt((a * a).sum(-1)) * np.sqrt(k * (b * b).sum(-1))),
        _x((8, 10), (8, 10)),
    ),
    "mean squared error": Formula(lambda k, a, b: k * ((a - b) * (a - b)).mean(axis=-1), _x((8, 10), (8, 10))),
}


class Caught(NamedTuple):
    """Of `draws` results, how many each judge rejects: the allowance, NumPy's default, PyTorch's default."""

    draws: int
    allowance: int
    numpy: int
    torch: int


def judged(name: str, dtype: str, mistake: float, draws: int = DRAWS, seed: int = 0) -> Caught:
    """Return how often a mutant of a formula (`mistake` 0: the right one) is rejected."""
    formula, rejected = FORMULAS[name], [0, 0, 0]
    for draw in range(draws):
        rng = np.random.default_rng((seed, draw))
        inputs = [x.astype(dtype) for x in formula.draw(rng)]
        one = np.dtype(dtype).type(1)
        actual = formula.f(np.dtype(dtype).type(1 + mistake) if mistake else one, *inputs)
        expected = formula.f(1.0, *(x.astype("float64") for x in inputs)).astype(dtype)
        rejected[0] += not explain(actual, lambda *given: formula.f(1, *given), *inputs, dtype=dtype).ok
        rejected[1] += not _close(actual, expected, 1e-7, 0.0)
        rejected[2] += not _close(actual, expected, *TORCH[dtype])
    return Caught(draws, *rejected)


def _close(actual: Array, expected: Array, rtol: float, atol: float) -> bool:
    try:
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)
    except AssertionError:
        return False
    return True


def table(draws: int = DRAWS, seed: int = 0) -> dict[tuple[str, str, float], Caught]:
    """Return what was caught by formula, dtype and mistake; 0 is no mistake."""
    keys = [(name, dtype, mistake) for name in FORMULAS for dtype in DTYPES for mistake in (0.0, *MISTAKES)]
    return {key: judged(*key, draws=draws, seed=seed) for key in keys}
