"""Elementwise functions with 50 digits, to decide which side is right, and the error of each side in units.

Only `forward` formulas are written here, in mpmath, independent of the NumPy ones; mpmath differentiates them
numerically. Declared kinks are excluded.
"""

import functools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from ..rounding import allowance

DIGITS = 50


def _float32(value: float) -> Any:
    """Return an argument rounded to float32, as in Keras."""
    return mpmath.mpf(float(np.float32(value)))


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def _softplus(z: Any) -> Any:
    return mpmath.log1p(mpmath.exp(z))


def _inside(z: Any, low: float, high: float) -> Any:
    return min(max(z, mpmath.mpf(low)), mpmath.mpf(high))


def _relu(z: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    if max_value is None and not threshold:
        return z if z > 0 else z * _float32(negative_slope)
    a = z if z > _float32(threshold) else mpmath.mpf(0)
    if max_value is not None:
        a = max(min(a, _float32(max_value)), mpmath.mpf(0))
    return a - mpmath.mpf(negative_slope) * max(mpmath.mpf(threshold) - z, 0)


def _gelu(z: Any, approximate: bool = False) -> Any:
    if not approximate:
        return z * mpmath.erfc(-z * _float32(mpmath.sqrt(0.5))) / 2
    root = mpmath.mpf(0.7978845608028654)
    return z * _sigmoid(2 * root * (z + _float32(0.044715) * z**3))  # (1 + tanh s)/2 = sigmoid(2 s)


def _tanh_shrink(z: Any) -> Any:
    with mpmath.workdps(6 * DIGITS):  # the difference is of the size of z^3
        return z - mpmath.tanh(z)


EXACT: dict[str, Callable[..., Any]] = {
    "celu": lambda z, alpha=1.0: z if z > 0 else mpmath.mpf(alpha) * mpmath.expm1(z / mpmath.mpf(alpha)),
    "elu": lambda z, alpha=1.0: z if z > 0 else mpmath.mpf(alpha) * mpmath.expm1(z),
    "exponential": mpmath.exp,
    "gelu": _gelu,
    "hard_shrink": lambda z, threshold=0.5: z if abs(z) > threshold else 0 * z,
    "hard_sigmoid": lambda z: _inside(z + 3, 0, 6) / 6,
    "hard_silu": lambda z: z * _inside(z + 3, 0, 6) / 6,
    "hard_tanh": lambda z: _inside(z, -1, 1),
    "leaky_relu": lambda z, negative_slope=0.2: z if z > 0 else z * _float32(negative_slope),
    "linear": lambda z: z,
    "log_sigmoid": lambda z: -_softplus(-z),
    "mish": lambda z: z * mpmath.tanh(_softplus(z)),
    "relu": _relu,
    "relu6": lambda z: _inside(z, 0, 6),
    "selu": lambda z: z * mpmath.mpf(1.0507009873554805) if z > 0 else mpmath.mpf(1.7580993408473768) * mpmath.expm1(z),
    "sigmoid": _sigmoid,
    "silu": lambda z: z * _sigmoid(z),
    "soft_shrink": lambda z, threshold=0.5: mpmath.sign(z) * max(abs(z) - mpmath.mpf(threshold), 0),
    "softplus": _softplus,
    "softsign": lambda z: z / (1 + abs(z)),
    "sparse_plus": lambda z: z if z >= 1 else (max(z, mpmath.mpf(-1)) + 1) ** 2 / 4,
    "sparse_sigmoid": lambda z: _inside((z + 1) / 2, 0, 1),
    "squareplus": lambda z, b=4: (z + mpmath.sqrt(z * z + mpmath.mpf(b))) / 2,
    "tanh": mpmath.tanh,
    "tanh_shrink": _tanh_shrink,
    "threshold": lambda z, threshold, default_value: z if z > threshold else mpmath.mpf(default_value),
}
"""The elementwise activations by name, with their arguments; a test checks that none is missing."""


def of(entry: Any) -> Callable[[Any], Any]:
    """Return the exact function of an activation with its arguments."""
    return functools.partial(EXACT[entry.name], **entry.get_config())


def exact(function: Callable[[Any], Any], points: np.ndarray[Any, Any], derivative: bool = False) -> list[Any]:
    """Return f (or f') at each point as mpmath numbers of 50 digits."""
    with mpmath.workdps(
        4 * DIGITS if derivative else DIGITS
    ):  # far out, the derivative of exp(z) - 1 is in its last digits
        numbers = [mpmath.mpf(float(z)) for z in points]
        if not derivative:
            return [mpmath.mpf(function(z)) for z in numbers]
        return [mpmath.diff(function, z) for z in numbers]


def units_off(found: np.ndarray[Any, Any], expected: list[Any]) -> np.ndarray[Any, Any]:
    """Return |found - exact| in units u |exact| of found's dtype; for denormals, in units of the smallest normal."""
    u, tiny = allowance.unit_roundoff(found.dtype), allowance.smallest_normal(found.dtype)
    with mpmath.workdps(DIGITS):
        errors = [
            float(abs(mpmath.mpf(float(value)) - e) / max(u * abs(e), mpmath.mpf(tiny)))
            for value, e in zip(found, expected, strict=True)
        ]
    return np.array(errors)


def closer(points: np.ndarray[Any, Any], a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], expected: list[Any]) -> str:
    """Return a sentence on which of two results is closer to the exact one, and by how much at the worst point."""
    off_a, off_b = units_off(a, expected), units_off(b, expected)
    i = int(np.maximum(off_a, off_b).argmax())
    return f"at {points[i]:.9g} the first is {off_a[i]:.2f} units off, the second {off_b[i]:.2f}"
