"""How much two correct computations may differ: derived from rounding, not chosen.

Everything that determines an allowance is in this module: the rounding model, the growth of errors in sums, and the
measured errors of NumPy's and TensorFlow's elementary functions. `Bounded` propagates these rules through a formula;
`of(bound, dtype)` turns the error bound of one side into the allowance between two sides.

    u         = eps / 2, the unit roundoff
    gamma(n)  = min(n u / (1 - n u), exp(lambda sqrt(n) u + n u^2 / (1 - u)) - 1), lambda = 8
    allowance = 2 * bound + 4 * smallest normal

The bound is doubled because both sides round; the smallest normal is added because TensorFlow flushes denormals to zero
and NumPy does not. Sources: Higham, Accuracy and Stability of Numerical Algorithms (2002), ch. 3; Higham & Mary, SIAM
J. Sci. Comput. 41 (2019), where lambda = 8 makes the square-root law fail with probability below 2 exp(-32) per sum.
"""

import functools
import math
from typing import Any, NamedTuple

import numpy as np

LAMBDA = 8.0
SMALLEST_NORMALS = 4


class Measured(NamedTuple):
    """Worst error of an elementary function compared with mpmath, in units u |f(z)|, and the c used for it.

    For erfc the unit is u (1 + z^2) |f(z)|: for large z it is an exp(-z^2), which loses the digits of z^2.
    """

    numpy: float
    tensorflow: float
    c: float


CALIBRATION: dict[tuple[str, str], Measured] = {
    ("float32", "exp"): Measured(3.29, 1.97, 5.0),
    ("float32", "expm1"): Measured(3.24, 4.70, 7.5),
    ("float32", "log"): Measured(4.21, 4.02, 6.5),
    ("float32", "log1p"): Measured(3.20, 4.41, 7.0),
    ("float32", "tanh"): Measured(1.80, 5.37, 8.5),
    ("float32", "cos"): Measured(1.89, 1.89, 3.0),
    ("float32", "sin"): Measured(1.85, 2.38, 4.0),
    ("float32", "sigmoid"): Measured(3.23, 7.38, 11.5),
    ("float32", "softplus"): Measured(4.00, 6.94, 10.5),
    ("float32", "erfc"): Measured(1.00, 5.25, 8.0),
    ("float32", "power"): Measured(1.74, 2.58, 4.0),
    ("float32", "rsqrt"): Measured(1.73, 3.52, 5.5),
    ("float64", "exp"): Measured(1.12, 1.90, 3.0),
    ("float64", "expm1"): Measured(1.00, 3.24, 5.0),
    ("float64", "log"): Measured(1.07, 1.79, 3.0),
    ("float64", "log1p"): Measured(1.04, 3.16, 5.0),
    ("float64", "tanh"): Measured(1.61, 7.38, 11.5),
    ("float64", "cos"): Measured(1.01, 1.01, 2.0),
    ("float64", "sin"): Measured(1.00, 1.00, 2.0),
    ("float64", "sigmoid"): Measured(1.99, 3.08, 5.0),
    ("float64", "softplus"): Measured(1.98, 7.62, 11.5),
    ("float64", "erfc"): Measured(6.54, 5.82, 10.0),
    ("float64", "power"): Measured(1.17, 2.82, 4.5),
    ("float64", "rsqrt"): Measured(1.11, 1.46, 2.5),
}
"""Printed by `python -m handnn.rounding.calibrate`; a test repeats it. c leaves a margin of at least one half."""


@functools.cache
def unit_roundoff(dtype: Any) -> float:
    """Return u = eps / 2 of 'float32' or 'float64'."""
    return float(np.finfo(dtype).eps) / 2


@functools.cache
def smallest_normal(dtype: Any) -> float:
    """Return the smallest number with full precision, 1.2e-38 or 2.2e-308."""
    return float(np.finfo(dtype).smallest_normal)


def gamma(n: int, u: float) -> float:
    """Return the relative error bound of a sum of n rounded terms."""
    if n <= 0:
        return 0.0
    worst_case = n * u / (1 - n * u) if n * u < 1 else math.inf
    square_root_law = math.expm1(LAMBDA * math.sqrt(n) * u + n * u * u / (1 - u))
    return min(worst_case, square_root_law)


def c(function: str, dtype: Any) -> float:
    """Return the calibrated constant of an elementary function: its error is at most c u |f(z)|."""
    return CALIBRATION[np.dtype(dtype).name, function].c


def of_function(function: str, values: Any, bound: Any) -> Any:
    """Return `bound`, or c u |f(z)| where that is larger because one library has a special kernel for f."""
    if (values.dtype.name, function) not in CALIBRATION:
        return bound
    own = c(function, values.dtype) * unit_roundoff(values.dtype) * np.abs(values.astype("float64"))
    return np.maximum(bound, own)


def of_reading(values: Any) -> Any:
    """Return the error of an exact array as a library reads it: a denormal number may be taken for 0."""
    size = np.abs(values)
    denormal = (size < smallest_normal(values.dtype)) & (size > 0)
    return np.where(denormal, size, 0.0).astype("float64") if denormal.any() else 0.0


def of(bound: Any, dtype: Any) -> Any:
    """Return the allowance between two sides whose errors are each at most `bound`; infinite where they overflow."""
    allowed = 2 * bound
    allowed += SMALLEST_NORMALS * smallest_normal(dtype)  # in place: of a large tensor this takes memory
    over = allowed > float(np.finfo(dtype).max)
    return np.where(over, np.inf, allowed) if np.any(over) else allowed
