"""The cases, by name: at least one for every rule that NumPy's functions have."""

from typing import Any

import numpy as np

from . import cases as c
from .cases import Case

EVERY = ("float16", "float32", "float64", "bfloat16", "float8_e4m3fn", "float8_e5m2")
NATIVE = ("float16", "float32", "float64")
LINEAR = ("float32", "float64")


def _unary(name: str, draw: Any, native: tuple[str, ...] = EVERY) -> Case:
    return Case(lambda m, x: getattr(m, name)(x), draw, native)


def _binary(name: str, draw: Any, native: tuple[str, ...] = EVERY) -> Case:
    return Case(lambda m, a, b: getattr(m, name)(a, b), draw, native)


def _chosen(m: Any, a: Any, b: Any) -> Any:
    tied = (a * b > b * a) & (a > 4)  # rounding decides
    return np.where((a > b) & ~(a * 2 > b * 3) | (a == b) | tied, a - b, np.where((a >= 1) != ~tied, a, b + 1))


def _steps(m: Any, a: Any, b: Any) -> Any:
    """Every comparison, on numbers that round."""
    x, y = a * b, b * 3
    less, equal = (x < y) | (x >= 2), (x != y) & (x <= 5)
    tied = (x >= b * a) | (a < 4)  # rounding decides
    other = np.logical_not(less) | np.logical_or(equal, x > 1)
    return np.where(np.logical_and(less & equal, tied), x, np.where(other, y, a))


def _quantified(m: Any, x: Any) -> Any:
    y, z = x * x, np.where(x > 2, x * x, 3)  # ties, which rounding decides
    return np.where(np.any(y > z, axis=-1) & ~np.all(y >= z, axis=-1), y[..., 0], -y[..., -1])


def _moved(m: Any, x: Any) -> Any:
    y = np.concatenate([np.transpose(x), np.flip(x.T, 0)], axis=0)
    y = np.stack([np.moveaxis(y, 0, -1), np.roll(np.swapaxes(y, 0, 1), 1, 0)])
    y = np.pad(np.repeat(np.tile(y, (1, 1, 2)), 2, axis=1), ((0, 0), (1, 0), (0, 0)))
    return np.expand_dims(np.take(np.squeeze(y[:1], 0), [0, 1], axis=0), 0) * 3


def _softmax(m: Any, z: Any) -> Any:
    e = m.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _layer_norm(m: Any, x: Any) -> Any:
    d = x - np.mean(x, axis=-1, keepdims=True)
    return d / m.sqrt(np.mean(d * d, axis=-1, keepdims=True) + 0.0078125)


def _variance(m: Any, x: Any) -> Any:
    if m is c.exact:
        d = x - np.sum(x, axis=-1, keepdims=True) / x.shape[-1]
        return np.sum(d * d, axis=-1) / x.shape[-1]
    return np.var(x, axis=-1)


def _standard_deviation(m: Any, x: Any) -> Any:
    return m.sqrt(_variance(m, x)) if m is c.exact else np.std(x, axis=-1)


def _mean(m: Any, x: Any) -> Any:
    return np.sum(x, axis=-1) / x.shape[-1] if m is c.exact else np.mean(x, axis=-1)


def _norm(m: Any, x: Any) -> Any:
    return m.sqrt(np.sum(x * x, axis=-1)) if m is c.exact else np.linalg.norm(x, axis=-1)


def _average(m: Any, x: Any) -> Any:
    w = x * x + 1
    return np.sum(x * w, axis=-1) / np.sum(w, axis=-1) if m is c.exact else np.average(x, weights=w, axis=-1)


def _solve(m: Any, a: Any) -> Any:
    if m is c.exact:
        return _eliminated(a, np.sum(a, axis=1))
    return np.linalg.solve(a, np.sum(a, axis=1))


def _eliminated(a: Any, b: Any) -> Any:
    """Solve with exact numbers."""
    a, b, n = a.copy(), b.copy(), len(a)
    for j in range(n):
        best = j + int(np.argmax([abs(x) for x in a[j:, j]]))
        a[[j, best]], b[[j, best]] = a[[best, j]], b[[best, j]]
        for i in range(n):
            if i != j:
                share = a[i, j] / a[j, j]
                a[i], b[i] = a[i] - share * a[j], b[i] - share * b[j]
    return b / np.diagonal(a)


def _cholesky(m: Any, a: Any) -> Any:
    if m is not c.exact:
        return np.linalg.cholesky(a)
    n, factor = len(a), a * 0
    for j in range(n):
        factor[j, j] = m.sqrt(a[j, j] - np.sum(factor[j, :j] ** 2))
        for i in range(j + 1, n):
            factor[i, j] = (a[i, j] - np.sum(factor[i, :j] * factor[j, :j])) / factor[j, j]
    return factor


def _inverse(m: Any, a: Any) -> Any:
    if m is not c.exact:
        return np.linalg.inv(a)
    return np.stack([_eliminated(a, a[0] * 0 + np.eye(len(a), dtype=int)[k]) for k in range(len(a))], axis=1)


def _convolution(m: Any, x: Any) -> Any:
    """Windows of a signal, times a kernel, as a convolution layer has it."""
    windows = np.lib.stride_tricks.sliding_window_view(x, 1 + x.shape[-1] // 3, axis=-1)
    return np.einsum("rwk,k->rw", windows, windows[0, 0])


def _cross_entropy(m: Any, z: Any) -> Any:
    top = np.max(z, axis=-1, keepdims=True)
    return np.squeeze(m.log(np.sum(m.exp(z - top), axis=-1, keepdims=True)) + top, -1) - z[..., 0]


def _adam(m: Any, g: Any, w: Any) -> Any:
    mean, square = 0.125 * g, 0.0078125 * (g * g)
    return w - 0.0625 * (mean / 0.125) / (m.sqrt(square / 0.0078125) + 0.0009765625)


def _sorted(m: Any, x: Any) -> Any:
    return np.diff(np.sort(x * 3, axis=-1), axis=-1) if x.shape[-1] > 1 else np.sort(x * 3, axis=-1)


def _ranges(m: Any, x: Any) -> Any:
    if m is c.exact:
        y = x * 3
        return np.max(y, axis=-1) - np.min(y, axis=-1) + np.minimum(np.maximum(y[..., 0], -1), 1)
    return np.ptp(x * 3, axis=-1) + np.clip(x[..., 0] * 3, -1, 1)


ELEMENTARY: dict[str, Case] = {
    **{name: _binary(name, c.two) for name in ("add", "subtract", "multiply", "maximum", "minimum")},
    "divide": Case(lambda m, a, b: a / b, c.divided, EVERY),
    "reciprocal": Case(lambda m, x: 1 / x if m is c.exact else np.reciprocal(x), c.not_zero, EVERY),
    **{name: _unary(name, c.one) for name in ("square", "absolute", "negative", "positive", "sign")},
    **{name: _unary(name, c.one) for name in ("floor", "ceil", "trunc", "rint", "fabs")},
    "sqrt": _unary("sqrt", c.within(0, 500)),
    "power": _binary("power", lambda rng, name: (np.abs(c.not_zero(rng, name)[0]), c.reals(rng, name, c.ELEMENTS, 1))),
    "whole power": Case(lambda m, x: m.power(x, 3) + x**2, c.one, EVERY),
    "heaviside": _binary("heaviside", c.two),
    "hypot": _binary("hypot", c.positive),
    "logaddexp": _binary("logaddexp", c.two),
    "comparisons": Case(_steps, c.two, EVERY),
    "where": Case(_chosen, c.two, EVERY),
    "fmax": Case(lambda m, a, b: np.maximum(a, b) - b if m is c.exact else np.fmax(a, b) - np.fmin(b, b), c.two, EVERY),
}
RANGES = {
    "exp": (-20, 11), "exp2": (-20, 15), "expm1": (-20, 11), "log": (2.0**-14, 60000), "log2": (2.0**-14, 60000),
    "log10": (2.0**-14, 60000), "log1p": (-0.9, 60000), "tanh": (-12, 12), "sinh": (-11, 11), "cosh": (-11, 11),
    "arcsinh": (-1000, 1000), "arccosh": (1.0, 1000), "arctanh": (-0.99, 0.99), "arctan": (-1000, 1000),
    "arcsin": (-1, 1), "arccos": (-1, 1), "cbrt": (-1000, 1000), "sin": (-40, 40), "cos": (-40, 40),
    "deg2rad": (-720, 720), "rad2deg": (-12, 12),
}  # fmt: skip
SCIPY_RANGES = {"expit": (-30, 30), "erf": (-6, 6), "erfc": (-9, 9), "log_expit": (-30, 30), "entr": (0, 30)}
FUNCTIONS: dict[str, Case] = {
    **{name: _unary(name, c.within(*ends)) for name, ends in RANGES.items()},
    **{name: _unary(name, c.within(*ends), LINEAR) for name, ends in SCIPY_RANGES.items()},
    **{name: _binary(name, c.positive, LINEAR) for name in ("xlogy", "rel_entr")},
}
WHOLE: dict[str, Case] = {
    "sum": Case(lambda m, x: np.sum(x, axis=-1), c.rows, NATIVE),
    "mean": Case(_mean, c.rows, NATIVE),
    "var": Case(_variance, c.rows, NATIVE),
    "std": Case(_standard_deviation, c.rows, NATIVE),
    "average": Case(_average, c.rows, NATIVE),
    "prod": Case(lambda m, x: np.prod(x, axis=-1), c.factors, NATIVE),
    "cumsum": Case(lambda m, x: np.cumsum(x, axis=-1), c.rows, NATIVE),
    "sort, diff": Case(_sorted, c.rows, NATIVE),
    "max, min, clip": Case(_ranges, c.rows, NATIVE),
    "any, all": Case(_quantified, c.rows, NATIVE),
    "norm": Case(_norm, c.rows, NATIVE),
    "matmul": Case(lambda m, a, b: np.matmul(a, b), c.matrices, NATIVE),
    "dot": Case(lambda m, a, b: np.dot(a, b), c.matrices, NATIVE),
    "inner": Case(lambda m, a, b: np.inner(a, b), c.equal_vectors, NATIVE),
    "vdot": Case(lambda m, a, b: np.dot(a, b) if m is c.exact else np.vdot(a, b), c.equal_vectors, NATIVE),
    "outer": Case(lambda m, a, b: np.outer(a, b), c.vectors, NATIVE),
    "tensordot": Case(lambda m, a, b: np.tensordot(a, b, axes=1), c.matrices, NATIVE),
    "einsum": Case(lambda m, a, b: np.einsum("ij,jk->ki", a, b), c.matrices, NATIVE),
    "einsum of three": Case(lambda m, a, b, d: np.einsum("ij,jk,ki->i", a, b, d), c.three_matrices, NATIVE),
    "kron": Case(lambda m, a, b: np.kron(a, b), c.pair_of_matrices, NATIVE, emulated=False),
    "convolve": Case(lambda m, a, b: np.convolve(a, b), c.vectors, NATIVE),
    "correlate": Case(lambda m, a, b: np.correlate(a, b, "full"), c.vectors, NATIVE, emulated=False),
    "trace": Case(lambda m, a: np.trace(a * 3), c.square_matrix, NATIVE),
    "windows": Case(_convolution, c.rows, NATIVE),
    "moved": Case(_moved, c.rows, NATIVE),
    "solve": Case(_solve, c.square_matrix, LINEAR, emulated=False),
    "cholesky": Case(_cholesky, c.definite, LINEAR, emulated=False),
    "inverse": Case(_inverse, c.square_matrix, LINEAR, emulated=False),
    "softmax": Case(_softmax, c.rows, NATIVE),
    "cross-entropy": Case(_cross_entropy, c.rows, NATIVE),
    "layer norm": Case(_layer_norm, c.rows, NATIVE),
    "Adam": Case(_adam, c.two, EVERY),
}
CASES: dict[str, Case] = ELEMENTARY | FUNCTIONS | WHOLE
