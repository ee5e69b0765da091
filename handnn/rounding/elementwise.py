"""One rule for each elementary operation: the error of its result r, given the inputs' values and errors.

First-order rules of Higham (2002), section 3.3. A rule gets r and, for each input, its value and error in float64.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import allowance

FLOAT64 = np.dtype("float64")


def _u(r: Any) -> Any:
    """Return the rounding error of one operation, u |r|, at least the smallest normal (for flushed denormals)."""
    return np.abs(np.multiply(r, allowance.unit_roundoff(r.dtype), dtype=FLOAT64))


def zeros(shape: tuple[int, ...]) -> Any:
    """Return zeros that cannot be written into, without memory for each."""
    return np.ndarray(shape, FLOAT64, bytes(8), 0, (0,) * len(shape))


def exact(error: Any) -> bool:
    """Return whether an error is the number 0, which exact arrays have: large arrays need no pass over zeros."""
    return isinstance(error, float) and error == 0.0


def _add(r: Any, ea: Any, eb: Any) -> Any:
    error = _u(r)
    for own in (ea, eb):
        if not exact(own):
            error += own
    return error


def tiny(r: Any) -> float:
    """Return the smallest normal number of r's dtype; denormals may be flushed to 0."""
    return allowance.smallest_normal(r.dtype)


def _c(function: str, r: Any) -> Any:
    return allowance.c(function, r.dtype) * _u(r) + tiny(r)


def _multiply(r: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    zero, least = r == 0, np.asarray(tiny(r))
    if zero.any():
        zero &= ((a == 0) & (ea == 0)) | ((b == 0) & (eb == 0))  # 0 b is 0
        least = np.where(zero, 0.0, least)
    error = _u(r)
    error += least
    if not exact(eb):
        error += np.multiply(np.abs(a), eb, dtype=FLOAT64)
    if not exact(ea):
        error += np.multiply(np.abs(b), ea, dtype=FLOAT64)
        if not exact(eb):
            error += ea * eb
    return error


def _divide(r: Any, a: Any, ea: Any, b: Any, eb: Any, least: float = 0.0) -> Any:
    nearest = np.maximum(np.abs(b) - eb, least)
    error = (ea + np.abs(r) * eb) / nearest
    zero = (a == 0) & (ea == 0) & (nearest > 0) & (eb < np.inf)  # 0 / b is 0, but b may be NaN if its error is infinite
    if (infinite := np.isinf(b)).any():  # overflowed: |b| is at least half the largest number
        error = np.where(infinite, 2 * (np.abs(a) + ea) / float(np.finfo(r.dtype).max), error)
    return np.where(zero, 0.0, error + _u(r) + tiny(r))


def _larger(r: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    doubt = np.where(b - eb > a + ea, eb, np.maximum(ea, eb))  # if they are close, either may be larger
    known = np.where(a - ea > b + eb, ea, doubt)
    return np.where(a == -np.inf, eb, np.where(b == -np.inf, ea, known))  # overflowed: less than any finite number


def _sqrt(r: Any, a: Any, ea: Any) -> Any:
    return np.minimum(np.sqrt(ea), ea / np.maximum(r.astype("float64"), 1e-300)) + _u(r)


def _exp(r: Any, a: Any, ea: Any) -> Any:
    moved = np.where(ea < 1, np.abs(r) * np.expm1(np.minimum(ea, 1)), np.exp(a + ea))
    return moved + _c("exp", r)


def _expm1(r: Any, a: Any, ea: Any) -> Any:
    moved = np.where(ea < 1, np.exp(a) * np.expm1(np.minimum(ea, 1)), np.exp(a + ea))
    return moved + _c("expm1", r)


def _erfc(r: Any, a: Any, ea: Any) -> Any:
    """Return the error of erfc, with |erfc'| = 2/sqrt(pi) exp(-a^2); libraries lose the digits of a^2 in that exp."""
    nearest = np.maximum(np.abs(a) - ea, 0)
    return 2 / np.sqrt(np.pi) * np.exp(-nearest * nearest) * ea + (1 + a * a) * _c("erfc", r)


def _power(r: Any, a: Any, ea: Any, b: Any, eb: Any, least: float = 0.0) -> Any:
    size, log_a = np.abs(r), np.abs(np.log(np.abs(a)))
    share = np.where(ea > 0, ea / np.abs(a), 0.0)
    off = -np.log1p(-np.minimum(share, 1))  # error of log a
    either = size * np.expm1(np.abs(b) * off + (log_a + off) * eb)
    if least > 0:  # a falls to `least` at most, and rises by its error
        falling = np.where(ea > 0, np.log(np.maximum(a, least) / np.maximum(a - ea, least)), 0.0)
        rise, fall = (size * np.expm1(np.abs(b) * part + (log_a + part) * eb) for part in (np.log1p(share), falling))
        either = np.where(b < 0, np.maximum(np.minimum(rise, size), fall), either)
    turned = np.where(eb > 0, (log_a + np.log1p(share)) * eb, 0.0)
    up, down = size * np.expm1(b * np.log1p(share) + turned), np.where(share < 0.5, either, size)  # never below 0
    from_0 = np.where(ea > 0, ea ** np.maximum(b - eb, 0), 0.0)
    growing = np.where(a == 0, from_0, np.maximum(up, down))
    rounding = _c("power", r)
    if np.ndim(b) == 0 and b == -0.5:  # TensorFlow has a special kernel for it
        rounding = np.maximum(rounding, _c("rsqrt", r))
    return np.where(b > eb, growing, either) + rounding


def _integer(function: Any) -> Callable[..., Any]:
    """Return the rule for floor and ceil: how much the integer changes if a changes by its error."""

    def error(r: Any, a: Any, ea: Any) -> Any:
        low = np.where(ea > 0, np.nextafter(a - ea, -np.inf), a)  # the bounds are rounded too
        high = np.where(ea > 0, np.nextafter(a + ea, np.inf), a)
        return np.maximum(r - function(low), function(high) - r)

    return error


RULES: dict[Any, Callable[..., Any]] = {
    np.add: lambda r, a, ea, b, eb: _add(r, ea, eb),
    np.subtract: lambda r, a, ea, b, eb: _add(r, ea, eb),
    np.multiply: _multiply,
    np.divide: _divide,
    np.reciprocal: lambda r, a, ea, least=0.0: _divide(r, 1.0, 0.0, a, ea, least),
    np.square: lambda r, a, ea: _multiply(r, a, ea, a, ea),
    np.sqrt: _sqrt,
    np.floor: _integer(np.floor),
    np.ceil: _integer(np.ceil),
    np.cos: lambda r, a, ea: np.minimum(ea, 2.0) + _c("cos", r),
    np.sin: lambda r, a, ea: np.minimum(ea, 2.0) + _c("sin", r),
    np.power: _power,
    np.negative: lambda r, a, ea: ea,
    np.absolute: lambda r, a, ea: ea,
    np.sign: lambda r, a, ea: np.where(np.abs(a) > ea, 0.0, np.where(ea > 0, 2.0, 0.0)),
    np.maximum: _larger,
    np.minimum: lambda r, a, ea, b, eb: _larger(r, -a, ea, -b, eb),
    np.hypot: lambda r, a, ea, b, eb: ea + eb + 2 * _u(r) + tiny(r),  # C libraries guarantee one unit in the last place
    np.exp: _exp,
    np.expm1: _expm1,
    np.log: lambda r, a, ea, least=0.0: ea / np.maximum(np.abs(a) - ea, least) + _c("log", r),
    np.log1p: lambda r, a, ea: ea / np.maximum(1 + a - ea, 0) + _c("log1p", r),
    np.tanh: lambda r, a, ea: ea * (1 - r.astype("float64") ** 2 + 2 * ea) + _c("tanh", r),
    np.heaviside: lambda r, a, ea, b, eb: np.where((a != 0) & (np.abs(a) <= ea), 1.0, 0.0),  # equal bits differ by 0
    np.bitwise_and: lambda r, a, ea, b, eb: np.maximum(ea, eb),
    np.bitwise_or: lambda r, a, ea, b, eb: np.maximum(ea, eb),
    np.invert: lambda r, a, ea: ea,
}

FROM_BELOW = {np.power: 0, np.reciprocal: 0, np.log: 0, np.divide: 1}
"""Rules whose error is unbounded near 0, by the input that may be near it; they take what it is never below."""

SCIPY_RULES: dict[str, Callable[..., Any]] = {"erfc": _erfc}
"""By name, so that SciPy is imported only if it is used."""
