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
    """Return function(*arguments) computed with more digits than dtype has, in float64; None if it cannot be."""
    for wider in (np.dtype(np.longdouble), np.dtype("float64")):
        with np.errstate(all="ignore"):
            try:
                given = [a.astype(wider) if a.dtype.kind == "f" else a for a in map(np.asarray, arguments)]
                found = np.asarray(function(*given))
            except Exception:  # whatever a user's code raises: it takes no such numbers
                continue
            if found.dtype.kind == "f" and np.finfo(found.dtype).eps < np.finfo(dtype).eps:
                return Extended(found.astype("float64"), LOST * float(np.finfo(found.dtype).eps))
    return None
