"""Arrays side by side in one memory, so that what each element gets alike is done to all of them in one call.

The weights of a network lie like this, their gradients too, and an optimizer's slots. On a small network most of the
time of an optimizer's step is the start of its NumPy calls; one call for all weights takes what one weight took.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .variable import Array


def side_by_side(shapes: Iterable[tuple[int, ...]], dtype: Any) -> list[Array]:
    """Return new arrays of these shapes, one after the other in one memory."""
    shapes = list(shapes)
    sizes = [int(np.prod(shape)) for shape in shapes]
    memory, start, found = np.zeros(sum(sizes), dtype), 0, []
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(memory[start : start + size].reshape(shape))
        start += size
    return found


def whole(arrays: Sequence[Any]) -> Array | None:
    """Return the memory in which the arrays lie one after the other, as one row, or None where they do not."""
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
