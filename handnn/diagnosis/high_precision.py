"""A user's own NumPy function with more digits than its dtype has: is the formula wrong, or only its rounding?

In longdouble, where the machine has one. A function that insists on floats (math.exp, scipy.special) gives no more.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array

LOST = 64
"""Roundings that may add up in a formula."""


class Extended(NamedTuple):
    """What a function gives in more digits; `resolution` times the largest number may be lost all the same."""

    values: Array
    resolution: float

    def near(self, right: Array, allowed: Array, *arguments: Array) -> Any:
        """Return where it is the right result."""
        floats = [a[np.isfinite(a)] for a in arguments if a.dtype.kind == "f"]
        size = max(1.0, *(float(np.abs(a).max(initial=0.0)) for a in floats))
        with np.errstate(invalid="ignore"):
            return np.abs(self.values - right) <= allowed + self.resolution * size


def extended(function: Callable[..., Any], *arguments: Array, dtype: str) -> Extended | None:
    """Return function(*arguments) computed with more digits than dtype has, in float64; None if it cannot be.

    A function that rounds its arguments again gives the numbers that it gives in dtype: those count as none.
    """
    own = _in_dtype(function, arguments, np.dtype(dtype))
    for wider in (np.dtype(np.longdouble), np.dtype("float64")):
        if np.finfo(wider).eps >= np.finfo(dtype).eps:
            continue
        result = _in_dtype(function, arguments, wider)
        if result is not None and not (own is not None and np.array_equal(own, result, equal_nan=True)):
            return Extended(result, LOST * float(np.finfo(wider).eps))
    return None


def _in_dtype(function: Callable[..., Any], arguments: tuple[Array, ...], dtype: Any) -> Array | None:
    """Return function(*arguments) with the arguments in dtype, as float64; None if it raises."""
    with np.errstate(all="ignore"):
        try:
            given = [a.astype(dtype) if a.dtype.kind == "f" else a for a in map(np.asarray, arguments)]
            return np.asarray(function(*given)).astype("float64")
        except Exception:  # whatever a user's code raises
            return None
