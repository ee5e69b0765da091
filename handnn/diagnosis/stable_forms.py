"""The stable form of a formula by name, and how many digits the user's loses, and where."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.variable import Array
from .reference import Expected

ACTIVATIONS = {
    "softplus": "max(z, 0) + log1p(exp(-|z|))",
    "log_sigmoid": "min(z, 0) - log1p(exp(-|z|))",
    "sigmoid": "1 / (1 + exp(-z)) where z >= 0, exp(z) / (1 + exp(z)) where z < 0",
    "softmax": "take the row's maximum off first: e = exp(z - max z), a = e / sum of e",
    "log_softmax": "take the row's maximum off first: s = z - max z, a = s - log(sum of exp(s))",
    "tanh": "np.tanh(z); by hand sign(z) * -expm1(-2|z|) / (1 + exp(-2|z|))",
    "elu": "alpha * np.expm1(z) where z < 0, not exp(z) - 1; np.minimum(z, 0) inside, so that it cannot overflow",
    "selu": "scale * alpha * np.expm1(z) where z < 0, not exp(z) - 1; np.minimum(z, 0) inside against overflow",
    "celu": "alpha * np.expm1(z / alpha) where z < 0, not exp(z / alpha) - 1; np.minimum(z, 0) inside",
    "silu": "z * s with s = 1 / (1 + exp(-z)), which may overflow to infinity and is then 0",
    "mish": "with n = e (e + 2), e = exp(min(z, 24)): a = z n / (n + 2)",
    "gelu": "z * erfc(-z / sqrt(2)) / 2, not 1 + erf(...); or z * sigmoid(2 s) for the approximation",
    "squareplus": "np.hypot(z, sqrt(b)) for the root; b / 2 / (root - z) where z < 0",
    "tanh_shrink": "a series or continued fraction for |z| < 1, where z - tanh(z) cancels",
    "softsign": "z / (1 + |z|)",
}
"""Of the function."""

DERIVATIVES = {
    "sigmoid": "a (1 - a) with a = sigmoid(z)",
    "tanh": "1 - a^2 with a = np.tanh(z)",
    "softplus": "sigmoid(z) = 1 / (1 + exp(-z))",
    "log_sigmoid": "sigmoid(-z) = 1 / (1 + exp(z))",
    "softsign": "1 / (1 + |z|) / (1 + |z|), divided twice",
    "elu": "alpha * exp(min(z, 0)) where z <= 0",
    "selu": "scale * alpha * exp(min(z, 0)) where z < 0",
    "celu": "exp(min(z, 0) / alpha)",
    "silu": "s (1 + z (1 - s)) with s = sigmoid(z)",
    "mish": "t + z * 4 e (e + 1) / (n + 2)^2 with e = exp(min(z, 24)), n = e (e + 2), t = n / (n + 2)",
    "gelu": "with erfc(-z / sqrt(2)) / 2 for P(Z <= z)",
    "softmax": "p (upstream - sum_j upstream_j p_j) with p of the row whose maximum is taken off",
    "log_softmax": "upstream - softmax(z) * sum of upstream, softmax with the row's maximum taken off",
    "tanh_shrink": "np.tanh(z)^2",
}

LOSSES = {
    "binary_crossentropy": "np.clip(p, 1e-7, 1 - 1e-7) before the logarithm",
    "categorical_crossentropy": "np.clip(p, 1e-7, 1 - 1e-7) before the logarithm",
    "sparse_categorical_crossentropy": "np.clip(p, 1e-7, 1 - 1e-7) before the logarithm",
    "binary_crossentropy from logits": "max(z, 0) - z y + log1p(exp(-|z|))",
    "categorical_crossentropy from logits": "log p = s - log(sum of exp(s)) with s = z - max z of the row",
    "sparse_categorical_crossentropy from logits": "log p = s - log(sum of exp(s)) with s = z - max z of the row",
    "log_cosh": "|e| + log1p(exp(-2|e|)) - log 2; for |e| < 1: -log1p(-tanh(e)^2) / 2",
    "huber": "np.minimum(|e|, delta) inside the square",
    "kl_divergence": "np.clip(p, 1e-7, 1) before the logarithm",
    "poisson": "log(p + 1e-7)",
    "mean_squared_logarithmic_error": "np.log1p(p) - np.log1p(y)",
    "cosine_similarity": "divide by max(|y_pred|, 1e-7)",
    "mean_absolute_percentage_error": "divide by max(|y_true|, 1e-7)",
}
SLOPES = {
    "log_cosh": "np.tanh(e)",
    "binary_crossentropy from logits": "sigmoid(z) - y",
    "categorical_crossentropy from logits": "softmax(z) - y, the row's maximum taken off first",
    "sparse_categorical_crossentropy from logits": "softmax(z) - onehot(y), the row's maximum taken off first",
}


Lost = tuple[float, float, str]
"""A number of the user's, the right one, and where that is, in words."""


def kept(mine: Any, right: Any, dtype: str) -> int:
    """Return how many decimal digits are right, of the 7 or 16 that a number of this dtype has."""
    size, error = DIGITS[dtype], abs(float(mine) - float(right)) / max(abs(float(right)), float(np.finfo(dtype).tiny))
    return size if not error else 0 if not math.isfinite(error) else max(0, min(size, math.floor(-math.log10(error))))


def told(lost: Sequence[Lost], dtype: str) -> str:
    """Say how much is lost: the worst of the finite numbers, and the first that is infinite or NaN."""
    finite = [one for one in lost if np.isfinite(one[0])]
    said = []
    if finite:
        mine, right, place = min(finite, key=lambda one: kept(one[0], one[1], dtype))
        left = kept(mine, right, dtype)
        said.append(f"{f'only {left}' if left else 'none'} of {DIGITS[dtype]} digits {'are' if left else 'is'} right "
                    f"at {place}")  # fmt: skip
    said += [f"{mine:g} at {place} instead of {right:.6g}" for mine, right, place in lost if not np.isfinite(mine)][:1]
    return "; ".join(said)


def examples(lost: Sequence[Lost]) -> list[str]:
    """Return the first few numbers; where a place takes many words, on the next line."""
    found: list[str] = []
    for mine, right, place in lost[:SHOWN]:
        numbers = f"{mine:.8g} here, {right:.8g} expected"
        found += [f"{place}: {numbers}"] if len(place) < LONG else [f"{place}:", f"  {numbers}"]
    return found


def lost_at(mine: Array, known: Expected, off: Array, z: Array) -> list[Lost]:
    """Return the numbers that are off, those of the z nearest to 0 first."""
    found = sorted(map(tuple, np.argwhere(off)), key=lambda index: float(np.abs(z[index[0]]).max()))
    return [(float(mine[i]), float(known.value[i]), f"z = {_place(z[i[0]])}") for i in found]


def _place(z: Any) -> str:
    return f"{z + 0:.6g}" if np.ndim(z) == 0 else f"[{', '.join(f'{value:.3g}' for value in z)}]"


DIGITS = {"float32": 7, "float64": 16}
SHOWN, LONG = 3, 40
