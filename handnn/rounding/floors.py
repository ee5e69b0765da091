"""What a result is never below in either library, however far its inputs are off: `Bounded.least`.

A variance is a mean of squares. Of numbers around 1e6 its rounding error is far above epsilon = 1e-3, so by its error
alone variance + epsilon may be 0, and its inverse root anything. But no order of summation makes a mean of squares
negative: variance + epsilon >= epsilon, and its inverse root is at most epsilon^(-1/2).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import allowance

UNKNOWN = -math.inf


def _product(a: float, b: float) -> float:
    return a * b if a >= 0 and b >= 0 else UNKNOWN


RULES: dict[Any, Callable[..., float]] = {
    np.square: lambda a: 0.0,
    np.absolute: lambda a: 0.0,
    np.exp: lambda a: 0.0,
    np.sqrt: lambda a: math.sqrt(max(a, 0.0)),
    np.add: lambda a, b: a + b,
    np.multiply: _product,
    np.divide: lambda a, b: 0.0 if a >= 0 and b >= 0 else UNKNOWN,
    np.maximum: max,
    np.minimum: min,
}
"""The least value of a result, by the least values of the inputs."""


def after(ufunc: Any, dtype: Any, inputs: Any) -> float:
    """Return the least value that a ufunc's result has in either library; -infinity if nothing is known."""
    rule = RULES.get(ufunc)
    if rule is None:
        return UNKNOWN
    exact = rule(*map(_of, inputs))
    # The constants, the operation and a constant of the other library are rounded; denormals may be flushed.
    found = exact - 4 * allowance.unit_roundoff(dtype) * abs(exact)
    return exact if math.isinf(exact) else 0.0 if 0 <= found < allowance.smallest_normal(dtype) else found


def of_sum(terms: float) -> float:
    """Return the least value of a sum or mean of terms that are not below this."""
    return 0.0 if terms >= 0 else UNKNOWN


def _of(given: Any) -> float:
    known = getattr(given, "least", None)
    if known is not None:
        return float(known)
    return float(given) if np.ndim(given) == 0 else UNKNOWN
