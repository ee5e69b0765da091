"""The rounding error of an iteration, measured: it is repeated in float64 with a random error in each operation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import allowance
from .bounded import Bounded

DRAWS, OF_MANY, MANY = 8, 3, 1 << 17
"""Repetitions, fewer from so many elements on: the largest of them hardly differs between draws."""


def measured(iterate: Callable[[Any], Any], u: Bounded) -> Bounded:
    """Return iterate(u) of a matrix, such as Muon's Newton-Schulz iteration, with its measured rounding error.

    A bound propagated through fifteen matrix products sums absolute values that cancel, and is useless. So the
    iteration is repeated in float64 with random errors of the largest possible rounding in its input and in each of its
    products; the largest change of any element is the error of every element.
    """
    rng, unit = np.random.default_rng(0), allowance.unit_roundoff(u.dtype)
    value, exact = iterate(u.value), iterate(u.value.astype("float64"))
    terms = sum(u.shape)
    largest = 0.0
    for _ in range(DRAWS if value.size < MANY else OF_MANY):
        moved = _Disturbed(u.value + rng.uniform(-1, 1, u.shape) * u.error, rng, unit, terms)
        largest = max(largest, float(np.max(np.abs(iterate(moved).value - exact), initial=0.0)))
    return Bounded(value, largest + allowance.smallest_normal(u.dtype))


class _Disturbed(np.lib.mixins.NDArrayOperatorsMixin):
    """A float64 array whose operations have random errors of the size of a coarser dtype's rounding."""

    __array_priority__ = 100

    def __init__(self, value: Any, rng: np.random.Generator, unit: float, terms: int) -> None:
        self.value, self.rng, self.unit, self.terms = np.asarray(value, "float64"), rng, unit, terms

    shape = property(lambda self: self.value.shape)

    @property
    def T(self) -> "_Disturbed":
        return self._like(self.value.T)

    def _like(self, value: Any) -> "_Disturbed":
        return _Disturbed(value, self.rng, self.unit, self.terms)

    def _off(self, value: Any, size: Any) -> "_Disturbed":
        return self._like(value + self.rng.uniform(-1, 1, np.shape(value)) * size)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        given = [i.value if isinstance(i, _Disturbed) else i for i in inputs]
        result = getattr(ufunc, method)(*given, **options)
        growth = self.unit if method == "__call__" else allowance.gamma(self.value.size, self.unit)
        return self._off(result, growth * np.abs(result))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        given = [a.value if isinstance(a, _Disturbed) else a for a in args]
        size = function(*map(np.abs, given), **kwargs)  # of a product or a sum of absolute values
        return self._off(function(*given, **kwargs), allowance.gamma(self.terms, self.unit) * size)
