"""Sums in which an infinity or NaN enters or comes out: another order of addition may give something else."""

from collections.abc import Callable
from typing import Any

import numpy as np


def opened(error: Any, product: Callable[[Any, Any], Any], x: Any, w: Any) -> Any:
    """Return the error of a product, infinite where an infinity or NaN enters: libraries leave out a 0 times it."""
    finite = [np.isfinite(part) for part in (x, w)]
    if finite[0].all() and finite[1].all():
        return error
    odd = [(~part).astype("float64") for part in finite]
    touched = product(odd[0], np.ones(w.shape)) + product(np.ones(x.shape), odd[1])
    return np.where(touched > 0, np.inf, error)


def chosen(error: Any, *given: Any) -> Any:
    """Return the error of an elementwise step, infinite where an infinity or NaN enters.

    One library chooses 0 where f' is 0, the other multiplies by it.
    """
    finite = np.logical_and.reduce([np.broadcast_to(np.isfinite(part), np.shape(error)) for part in given])
    return error if finite.all() else np.where(finite, error, np.inf)


def may_overflow(size: Any, growth: Any, dtype: Any) -> Any:
    """Return where a sum may overflow in some order: where its sum of magnitudes, `size` in float64, does."""
    return size > float(np.finfo(dtype).max) / (1 + np.max(growth))


def sure(value: Any, one_sign: Any = False) -> Any:
    """Return a sum with NaN where it is infinite, unless its terms have one sign: in another order it may be NaN."""
    unsure = np.isinf(value) & ~np.asarray(one_sign)
    return np.where(unsure, np.asarray(np.nan, value.dtype), value) if unsure.any() else value


def sure_sum(value: Any, terms: Any, axis: Any, keepdims: bool) -> Any:
    """Return the same of a sum over an axis of these terms."""
    if not np.isinf(value).any():
        return value
    signs = [np.all(side, axis=axis, keepdims=keepdims) for side in (terms >= 0, terms <= 0)]
    return sure(value, signs[0] | signs[1])
