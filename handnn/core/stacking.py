"""Runs stacked along a leading axis: what differs from run to run, in forms that the formulas take unchanged.

A weight of shape s is (runs, *s) in a stack, a batch (runs, batch, ...). The formulas are those of one run: matrix
products are taken run by run (`dot`), a sum over everything is one for each run (`total`), a number that each run has
of its own is a `PerRun`, and random draws come from each run's own generator (`Generators`).
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .variable import Array


def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Return the product a @ b; of stacks of matrices the product of each run."""
    if type(a) is type(b) is ndarray and b.ndim < 3:
        return a.dot(b, out)  # np.dot without its dispatch, which costs as much as a small product
    return np.dot(a, b, out=out) if b.ndim < 3 else np.matmul(a, b, out=out)


def transposed(a: Any) -> Any:
    """Return the transposed matrix; of a stack that of each run."""
    return a.T if a.ndim < 3 else a.swapaxes(-1, -2)


def total(values: Any, runs: int | None) -> Any:
    """Return the sum over all elements; of a stack one sum for each run, (runs,)."""
    if runs is not None:
        return np.sum(values.reshape(runs, -1), axis=1)
    return np.add.reduce(values, axis=None) if type(values) is ndarray else np.sum(values)


def column(per_run: Array, ndim: int) -> Array:
    """Return one number for each run in a shape that is broadcast against arrays of so many axes."""
    return per_run.reshape(-1, *[1] * (ndim - 1))


def each_run(function: Callable[[Any], Any], values: Any, runs: int | None) -> Any:
    """Return function(values); of a stack function(values of one run) for each run, side by side."""
    return function(values) if runs is None else np.stack([function(own) for own in values])


def is_handnns(given: Any) -> bool:
    """Return whether an object is of a class of handnn's, whose formulas are known to take a leading axis or not."""
    return type(given).__module__.startswith("handnn.")


class PerRun:
    """A scalar that each run has of its own, such as its learning rate.

    Among scalars it computes, run by run, what one run computes: the very same operations on Python and NumPy scalars.
    With an array (runs, ...) it acts as a column of numbers, in the array's dtype if they are Python's, as a Python
    number does. A condition must come out the same for all runs.

    Raises:
        ValueError: a comparison that is true for some runs only.
    """

    __slots__ = ("_columns", "values")

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = tuple(values)
        self._columns: dict[Any, Array] = {}

    def map(self, function: Callable[[Any], Any]) -> "PerRun":
        """Return function(value) for each run."""
        return PerRun(map(function, self.values))

    def column(self, ndim: int, dtype: Any) -> Array:
        """Return the numbers as an array that is broadcast against one of so many axes and this dtype."""
        found = self._columns.get((ndim, dtype))
        if found is None:
            own = None if isinstance(self.values[0], np.generic) else dtype
            found = self._columns[ndim, dtype] = column(np.array(self.values, own), ndim)
        return found

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        arrays = [x for x in (*inputs, *options.get("out", ())) if isinstance(x, np.ndarray) and x.ndim]
        if not arrays:
            rows = zip(*(of_each(x, len(self.values)) for x in inputs), strict=True)
            return PerRun(ufunc(*row, **options) for row in rows)
        ndim, dtype = max(array.ndim for array in arrays), arrays[0].dtype
        given = [x.column(ndim, dtype) if isinstance(x, PerRun) else x for x in inputs]
        return getattr(ufunc, method)(*given, **options)

    def _compared(self, other: Any, compare: Callable[[Any, Any], Any]) -> bool:
        found = {
            bool(compare(value, own)) for value, own in zip(self.values, of_each(other, len(self.values)), strict=True)
        }
        if len(found) > 1:
            raise ValueError(f"a condition must be the same for all runs of a stack; received {self.values}")
        return found.pop()

    def __bool__(self) -> bool:
        return self._compared(0, operator.ne)

    def __gt__(self, other: Any) -> bool:
        return self._compared(other, operator.gt)

    def __lt__(self, other: Any) -> bool:
        return self._compared(other, operator.lt)

    def __neg__(self) -> "PerRun":
        return self.map(operator.neg)

    def __repr__(self) -> str:
        return f"PerRun{self.values}"


def of_each(given: Any, runs: int) -> Sequence[Any]:
    """Return the number of each run: its own, or the one that all share."""
    return given.values if isinstance(given, PerRun) else (given,) * runs


def _binary(compute: Callable[[Any, Any], Any], ufunc: Any, swapped: bool) -> Any:
    def method(self: PerRun, other: Any) -> Any:
        if isinstance(other, np.ndarray) and other.ndim:
            return ufunc(other, self) if swapped else ufunc(self, other)
        pairs = zip(self.values, of_each(other, len(self.values)), strict=True)
        return PerRun(compute(b, a) if swapped else compute(a, b) for a, b in pairs)

    return method


for _name, _ufunc in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("truediv", np.divide),
                      ("pow", np.power)):  # fmt: skip
    _compute = getattr(operator, _name)
    setattr(PerRun, f"__{_name}__", _binary(_compute, _ufunc, swapped=False))
    setattr(PerRun, f"__r{_name}__", _binary(_compute, _ufunc, swapped=True))


class Generators:
    """The random generators of the runs: each draws the part of its own run, as it does alone."""

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self.generators = list(generators)

    def random(self, shape: tuple[int, ...]) -> Array:
        return self._drawn(shape, "random", "float64")

    def standard_normal(self, shape: tuple[int, ...], dtype: Any = "float64") -> Array:
        return self._drawn(shape, "standard_normal", dtype)

    def _drawn(self, shape: tuple[int, ...], kind: str, dtype: Any) -> Array:
        drawn = np.empty(shape, dtype)
        for generator, own in zip(self.generators, drawn, strict=True):
            getattr(generator, kind)(own.shape, dtype=drawn.dtype.type, out=own)
        return drawn
