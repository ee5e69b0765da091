"""Masks of time steps: False where a step is padding.

An array carries its mask as Keras' tensors do, in `_keras_mask`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

AVERAGING = ("mean", "sum_over_batch_size")
"""The reductions that divide by the number of values that are not masked."""


class MaskedArray(np.ndarray[Any, Any]):
    """An array whose `_keras_mask` says which time steps count. Results of arithmetic on it are plain arrays."""

    _keras_mask: Any

    def __array_finalize__(self, _: Any) -> None:
        self._keras_mask = None

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute with plain arrays; the result is one."""
        plain = [x.view(np.ndarray) if isinstance(x, MaskedArray) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **options)


def with_mask(array: Array, mask: Array | None) -> Array:
    """Return the array carrying the mask; itself if there is none."""
    if mask is None:
        return array
    found = array.view(MaskedArray)
    found._keras_mask = mask
    return found


def mask_of(array: Any) -> Any:
    """Return the mask that an array carries, or None."""
    return getattr(array, "_keras_mask", None)


def weight_with_mask(weight: Array | None, mask: Any, dtype: str, reduction: str | None = "sum") -> Array | None:
    """Return the sample weights of values of which only some count, as Keras has it.

    A masked value has weight 0. If the reduction is a mean over all values, the others have the weight
    (all values) / (values that count) besides, so that it is the mean over those that count.

    Args:
        weight: (batch, ...) or None. mask: (batch, time, ...), True where a value counts; None returns `weight`.
    """
    if mask is None:
        return weight
    mask, number = np.asarray(mask).astype(bool), np.dtype(dtype).type
    share = number(1)
    if reduction in AVERAGING:
        valid = np.count_nonzero(mask)
        share = number(mask.size) / number(valid) if valid else number(0)
    own = np.where(mask, share, number(0))
    if weight is None:
        return own
    weight = np.asarray(weight, dtype)
    rank = max(weight.ndim, own.ndim)
    weight, own = (part.reshape(part.shape + (1,) * (rank - part.ndim)) for part in (weight, own))
    return weight * own
