"""Arrays allocated contiguously, so that an elementwise operation on all of them is one NumPy call.

The weights of a network, their gradients and an optimizer's slots are allocated like this. On a small network the
overhead of NumPy calls is most of an optimizer's step; one call for all weights costs what one weight costs. In a stack
of runs the block is (runs, numbers of one run), and a row holds all weights of a run.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .variable import Array


def contiguous(shapes: Iterable[tuple[int, ...]], dtype: Any, runs: int | None = None) -> list[Array]:
    """Return new arrays of these shapes, adjacent in one block of memory; in a stack adjacent in each run's row."""
    shapes = list(shapes)
    sizes = [int(np.prod(shape)) // (runs or 1) for shape in shapes]
    memory, start, found = np.zeros((*([] if runs is None else [runs]), sum(sizes)), dtype), 0, []
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(memory[..., start : start + size].reshape(shape))
        start += size
    return found


def flat_view(arrays: Sequence[Any], runs: int | None = None) -> Array | None:
    """Return a one-dimensional view of arrays that are adjacent in memory; None if they are not.

    The view of a stack's arrays is (runs, numbers of one run).
    """
    base = getattr(arrays[0], "base", None) if arrays else None
    if type(base) is not np.ndarray or base.ndim > 2 or not base.flags.c_contiguous:
        return None
    if runs is not None:
        return _stacked_view(arrays, base, runs)
    first = _address(base)
    start = end = _address(arrays[0])
    for array in arrays:
        if array is None or array.base is not base or not array.flags.c_contiguous or _address(array) != end:
            return None
        end += array.nbytes
    size = base.itemsize
    return base.reshape(-1)[(start - first) // size : (end - first) // size]


def _stacked_view(arrays: Sequence[Any], base: Array, runs: int) -> Array | None:
    if base.ndim != 2 or len(base) != runs:
        return None
    rows = flat_view([None if array is None or array.base is not base else array[0] for array in arrays])
    if rows is None or any(len(array) != runs or array.strides[0] != base.strides[0] for array in arrays):
        return None
    start = (_address(rows) - _address(base)) // base.itemsize
    return base[:, start : start + rows.size]


def _address(array: Array) -> int:
    return array.__array_interface__["data"][0]
