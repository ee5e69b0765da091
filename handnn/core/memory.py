"""Arrays allocated contiguously, so that an elementwise operation on all of them is one NumPy call.

The weights of a network, their gradients and an optimizer's slots are allocated like this. On a small network the
overhead of NumPy calls is most of an optimizer's step; one call for all weights costs what one weight costs.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .variable import Array


def contiguous(shapes: Iterable[tuple[int, ...]], dtype: Any) -> list[Array]:
    """Return new arrays of these shapes, adjacent in one block of memory."""
    shapes = list(shapes)
    sizes = [int(np.prod(shape)) for shape in shapes]
    memory, start, found = np.zeros(sum(sizes), dtype), 0, []
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(memory[start : start + size].reshape(shape))
        start += size
    return found


def flat_view(arrays: Sequence[Any]) -> Array | None:
    """Return a one-dimensional view of arrays that are adjacent in memory; None if they are not."""
    base = getattr(arrays[0], "base", None) if arrays else None
    if type(base) is not np.ndarray or base.ndim != 1 or not base.flags.c_contiguous:
        return None
    first = _address(base)
    start = end = _address(arrays[0])
    for array in arrays:
        if array is None or array.base is not base or not array.flags.c_contiguous or _address(array) != end:
            return None
        end += array.nbytes
    size = base.itemsize
    return base[(start - first) // size : (end - first) // size]


def _address(array: Array) -> int:
    return array.__array_interface__["data"][0]
