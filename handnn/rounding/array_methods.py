"""The methods of an ndarray, by NumPy's functions of the same names: a formula may say `delta.mean(axis=0)`."""

from typing import Any

import numpy as np


class ArrayMethods:
    """Mixin of `Bounded`: what an edited formula may call on its arrays."""

    value: Any
    error: Any

    def sum(self, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
        return np.sum(self, axis=axis, keepdims=keepdims, **options)  # type: ignore[call-overload]

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.mean(self, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]

    def var(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
        return np.var(self, axis=axis, ddof=ddof, keepdims=keepdims)  # type: ignore[call-overload]

    def std(self, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
        return np.std(self, axis=axis, ddof=ddof, keepdims=keepdims)  # type: ignore[call-overload]

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.max(self, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.min(self, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]

    def prod(self, axis: Any = None, keepdims: bool = False) -> Any:
        return np.prod(self, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]

    def cumsum(self, axis: int) -> Any:
        return np.cumsum(self, axis)  # type: ignore[call-overload]

    def dot(self, other: Any) -> Any:
        return np.dot(self, other)  # type: ignore[call-overload]

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return np.clip(self, min, max)  # type: ignore[call-overload]

    def squeeze(self, axis: Any = None) -> Any:
        return np.squeeze(self, axis)  # type: ignore[call-overload]

    def ravel(self) -> Any:
        return np.ravel(self)  # type: ignore[call-overload]

    def flatten(self) -> Any:
        return np.ravel(self).copy()  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Any:
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return np.transpose(self, given or None)  # type: ignore[call-overload]

    def swapaxes(self, one: int, other: int) -> Any:
        return np.swapaxes(self, one, other)  # type: ignore[call-overload]

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        return np.repeat(self, repeats, axis)  # type: ignore[call-overload]

    def take(self, indices: Any, axis: Any = None) -> Any:
        return np.take(self, indices, axis)  # type: ignore[call-overload]

    def copy(self) -> Any:
        return type(self)(self.value.copy(), np.array(self.error))  # type: ignore[call-arg]

    def argmax(self, axis: Any = None) -> Any:
        return self.value.argmax(axis)  # the way the values went

    def argmin(self, axis: Any = None) -> Any:
        return self.value.argmin(axis)

    def any(self, axis: Any = None) -> Any:
        return self.value.any(axis)

    def all(self, axis: Any = None) -> Any:
        return self.value.all(axis)
