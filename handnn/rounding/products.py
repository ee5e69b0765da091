"""Products of matrices: their rounding error, for products of any axes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import allowance, infinity, repeated


def bounded(product: Callable[[Any, Any], Any], x: Any, ex: Any, w: Any, ew: Any, terms: int) -> tuple[Any, Any]:
    """Return sums of products and their error, gamma(terms) |x| |w| + e_x |w| + |x| e_w.

    Args:
        product: returns the sums, each of `terms` products.
        ex, ew: errors of x and of w; None for exact ones.
    """
    value, error, growth = product(x, w), _at_least(product, x, w, terms), _growth(x, w, terms)
    value, over = infinity.sure(value), infinity.may_overflow(error, growth, value.dtype)
    error *= growth
    for own, left, right in ((ex, ex, w), (ew, x, ew)):
        if own is not None and own.any():
            error += _at_least(product, left, right, terms)
    error += terms * allowance.smallest_normal(value.dtype)
    return value, infinity.opened(np.where(over, np.inf, error) if over.any() else error, product, x, w)


def _growth(x: Any, w: Any, terms: int) -> Any:
    """Return gamma(terms); where rows are only added up, ones @ w, equal terms round alike."""
    if x.ndim == 1 and w.ndim == 2 and x.size and (x == x[0]).all():
        growth = repeated.gamma(w, 0, terms)
        return growth[0] if np.ndim(growth) else growth
    return allowance.gamma(terms, allowance.unit_roundoff(np.result_type(x, w)))


LARGE = 1 << 16
"""Elements from which on |x| |w| is computed in float32 if either is: in half the time and a third of the memory."""


def _at_least(product: Callable[[Any, Any], Any], x: Any, w: Any, terms: int) -> Any:
    """Return |x| |w| in float64, or a bound slightly larger.

    In float32 the sum of n products is off by gamma(n) of itself at most, and each product by the smallest normal.
    """
    sides, u = (np.abs(x), np.abs(w)), allowance.unit_roundoff("float32")
    if max(x.size, w.size) > LARGE and np.float32 in (x.dtype, w.dtype) and (terms + 4) * u < 0.1:
        least = allowance.smallest_normal("float32")
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            narrow = [part if part.dtype == np.float32 else (part + least).astype("float32") for part in sides]
            size = product(*narrow)
        if np.isfinite(size).all():
            size = np.add(size, terms * least, dtype="float64")
            size /= 1 - 2 * (terms + 4) * u
            return size
    with np.errstate(over="ignore", invalid="ignore"):  # of an infinite error some kernels make 0 times infinity
        return np.fmin(product(*[part.astype("float64", copy=False) for part in sides]), np.inf)
