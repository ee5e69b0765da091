"""A named array that is trained: Keras' `Variable` around one ndarray."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


class Variable:
    """One weight of a layer.

    `value` is the array that the mathematics reads and the optimizer updates in place; `path` is Keras' name
    for it, such as 'digits/hidden_1/kernel'.
    """

    __slots__ = ("name", "path", "trainable", "value")

    def __init__(self, value: ArrayLike, name: str, path: str | None = None, trainable: bool = True) -> None:
        self.value: Array = np.array(value)  # a copy: nothing of a user's is changed in place
        self.name = name
        self.path = path or name
        self.trainable = trainable

    @property
    def dtype(self) -> str:
        return self.value.dtype.name

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    def numpy(self) -> Array:
        """Return a copy of the values."""
        return self.value.copy()

    def assign(self, value: ArrayLike) -> "Variable":
        """Overwrite the values; the shape must be the same and every value finite."""
        array = finite_array(value, self.path, self.value.dtype)
        if array.shape != self.value.shape:
            raise ValueError(f"{self.path} has shape {self.value.shape}; received an array of shape {array.shape}")
        self.value[...] = array
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self.value}>"


def as_array(array_like: Any) -> Array:
    """Return the ndarray behind a Variable, array or list, without copying an ndarray."""
    return array_like.value if isinstance(array_like, Variable) else np.asarray(array_like)


def finite_array(value: Any, argument: str, dtype: Any) -> Array:
    """Return `value` as an array of `dtype`; raise one clear line for ragged, non-numeric, NaN or infinite input."""
    try:
        array = as_array(value)
        kind = array.dtype.kind
    except ValueError:
        raise ValueError(
            f"{argument} must be a rectangular array of numbers; received rows of different lengths"
        ) from None
    if kind not in "fiub":
        raise TypeError(f"{argument} must hold real numbers; received dtype {array.dtype}")
    array = array.astype(dtype, copy=False)
    check_finite(array, argument)
    return array


def check_finite(array: Array, argument: str) -> None:
    """Raise ValueError if a value is NaN or infinite, saying how many and where the first is.

    One dot product settles the usual case: a finite sum of squares has finite terms.
    """
    flat = array.reshape(-1)
    if array.dtype.kind != "f" or np.isfinite(np.dot(flat, flat)):
        return
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        where = tuple(int(i) for i in wrong[0])
        raise ValueError(
            f"{argument} must be finite; {len(wrong)} of {array.size} values are not, the first is "
            f"{array[where]} at index {where}"
        )


def as_arrays(values: Iterable[Any]) -> list[Array]:
    """`as_array` for a list of weights or gradients."""
    return [as_array(value) for value in values]
