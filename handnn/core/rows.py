"""Largest element and sum of short rows, such as the logits of ten classes.

NumPy reduces row by row, at 25 to 40 ns a row. Where there are many short rows, as in a stack of runs, going through
whole columns is several times faster. The numbers are the same to the bit: sums are taken in NumPy's own order.
"""

from typing import Any

import numpy as np

from .variable import Array

SHORT = 15
"""Elements of a row up to which it is computed by columns."""


def largest(z: Any, axis: Any = -1) -> Any:
    """Return `np.max(z, axis, keepdims=True)`."""
    if not _is_of_short_rows(z, axis):
        return np.max(z, axis=axis, keepdims=True)
    first, second, *others = _columns(z)
    found = np.maximum(first, second)
    for column in others:
        np.maximum(found, column, out=found)
    return found.reshape(*z.shape[:-1], 1)


def summed(z: Any, axis: Any = -1) -> Any:
    """Return `np.sum(z, axis, keepdims=True)`."""
    if not _is_of_short_rows(z, axis):
        return np.sum(z, axis=axis, keepdims=True)
    columns = _columns(z)
    if len(columns) < 8:
        found, others = columns[0] + columns[1], columns[2:]
    else:  # eight as a tree, then the others one by one
        found, b, c, d = (columns[i] + columns[i + 1] for i in range(0, 8, 2))
        found += b
        c += d
        found += c
        others = columns[8:]
    for column in others:
        found += column
    return found.reshape(*z.shape[:-1], 1)


def _is_of_short_rows(z: Any, axis: Any) -> bool:
    """Return whether z is an array of many short rows, and the axis is along them."""
    if axis != -1 or type(z) is not np.ndarray or not z.flags.c_contiguous:
        return False
    return 1 < z.shape[-1] <= SHORT and z.size >= 16 * z.shape[-1] ** 2


def _columns(z: Array) -> Array:
    return z.reshape(-1, z.shape[-1]).T
