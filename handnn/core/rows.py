"""The largest element of short rows, such as the logits of ten classes."""

from typing import Any

import numpy as np

SHORT = 16
"""Elements of a row up to which the columns are compared one by one."""


def largest(z: Any, axis: Any = -1) -> Any:
    """Return `np.max(z, axis, keepdims=True)`.

    NumPy reduces row by row, at some 40 ns a row. Where there are many short rows, comparing whole columns is several
    times faster, and gives the same numbers.
    """
    if axis != -1 or type(z) is not np.ndarray or not 1 < z.shape[-1] <= SHORT or z.size < SHORT * z.shape[-1] ** 2:
        return np.max(z, axis=axis, keepdims=True)
    first, second, *others = z.reshape(-1, z.shape[-1]).T
    found = np.maximum(first, second)
    for column in others:
        np.maximum(found, column, out=found)
    return found.reshape(*z.shape[:-1], 1)
