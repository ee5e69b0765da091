"""Who is right when two disagree: elementwise functions at 50 digits, and how many units each side is off.

Only `forward` formulas are written here, in mpmath, independent of the NumPy ones; the derivative is mpmath's own
numerical differentiation of them. At a declared kink there is nothing to referee.
"""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from . import allowance

DIGITS = 50

EXACT: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
}
"""The elementwise activations by name; a test asks for one of each that the registry holds."""


def exact(function: Callable[[Any], Any], points: np.ndarray[Any, Any], derivative: bool = False) -> list[Any]:
    """Return f (or f') at each point as mpmath numbers of 50 digits."""
    with mpmath.workdps(DIGITS):
        numbers = [mpmath.mpf(float(z)) for z in points]
        if not derivative:
            return [mpmath.mpf(function(z)) for z in numbers]
        return [mpmath.diff(function, z) for z in numbers]


def units_off(found: np.ndarray[Any, Any], expected: list[Any]) -> np.ndarray[Any, Any]:
    """Return |found - exact| in units u |exact| of found's dtype; below the normal numbers, in units of those."""
    u, tiny = allowance.unit_roundoff(found.dtype), allowance.smallest_normal(found.dtype)
    with mpmath.workdps(DIGITS):
        errors = [
            float(abs(mpmath.mpf(float(value)) - e) / max(u * abs(e), mpmath.mpf(tiny)))
            for value, e in zip(found, expected, strict=True)
        ]
    return np.array(errors)


def closer(points: np.ndarray[Any, Any], a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], expected: list[Any]) -> str:
    """Say which of two results is nearer to the exact one, and by how much at the worst point."""
    off_a, off_b = units_off(a, expected), units_off(b, expected)
    i = int(np.maximum(off_a, off_b).argmax())
    return f"at {points[i]:.9g} the first is {off_a[i]:.2f} units off, the second {off_b[i]:.2f}"
