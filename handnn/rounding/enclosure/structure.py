"""Functions that only move, repeat or join elements: what happens to the numbers happens to their bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import Enclosure, _numbers, together
from .rules import FUNCTIONS, rule

MOVING = (
    np.transpose, np.moveaxis, np.swapaxes, np.rollaxis, np.permute_dims, np.matrix_transpose, np.squeeze, np.ravel,
    np.reshape, np.expand_dims, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.flip, np.fliplr, np.flipud, np.rot90,
    np.roll, np.tile, np.repeat, np.broadcast_to, np.take, np.diagonal, np.diag, np.diagflat, np.tril, np.triu,
    np.delete, np.resize, np.copy, np.real, np.lib.stride_tricks.sliding_window_view,
)  # fmt: skip


def _moved(function: Any) -> Callable[..., Any]:
    def own(a: Enclosure, *arguments: Any, **options: Any) -> Any:
        options.pop("subok", None)
        return a.each(function, *arguments, **options)

    return own


FUNCTIONS.update({function: _moved(function) for function in MOVING})


def _split(function: Any) -> Callable[..., Any]:
    def own(a: Enclosure, *arguments: Any, **options: Any) -> list[Enclosure]:
        parts = [function(part, *arguments, **options) for part in (a.mid, a.low, a.high)]
        return [Enclosure.of(mid, low, high, a.precision) for mid, low, high in zip(*parts, strict=True)]

    return own


FUNCTIONS.update({f: _split(f) for f in (np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)})


def _joined(function: Any) -> Callable[..., Any]:
    def own(arrays: Any, *arguments: Any, dtype: Any = None, casting: Any = None, **options: Any) -> Enclosure:
        known = together(*arrays)
        names = ("mid", "low", "high")
        mid, low, high = (function([getattr(x, name) for x in known], *arguments, **options) for name in names)
        return Enclosure.of(mid, low, high, known[0].precision)

    return own


FUNCTIONS.update({f: _joined(f) for f in (np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack)})


def _like(function: Any) -> Callable[..., Any]:
    def own(
        a: Enclosure, *arguments: Any, dtype: Any = None, order: Any = None, subok: Any = None, **options: Any
    ) -> Any:
        part = function(a.mid, *arguments, **options)
        found = Enclosure.of(part, part, part, a.precision)
        return found.astype(dtype) if dtype is not None else found

    return own


FUNCTIONS.update({f: _like(f) for f in (np.zeros_like, np.ones_like, np.empty_like)})


@rule(np.full_like)
def _full_like(a: Enclosure, fill_value: Any, **_: Any) -> Enclosure:
    own, _a = together(fill_value, a)
    return own.each(np.broadcast_to, a.shape)


@rule(np.pad)
def _pad(a: Enclosure, pad_width: Any, mode: Any = "constant", constant_values: Any = 0, **options: Any) -> Enclosure:
    if mode == "constant":
        return a.each(np.pad, pad_width, constant_values=constant_values)
    return a.each(np.pad, pad_width, mode=mode, **options)


@rule(np.take_along_axis)
def _take_along_axis(a: Enclosure, indices: Any, axis: Any = -1) -> Enclosure:
    return a.each(np.take_along_axis, indices, axis)


@rule(np.compress)
def _compress(condition: Any, a: Enclosure, axis: Any = None) -> Enclosure:
    chosen = condition.decided("an index") if isinstance(condition, Enclosure) else condition
    return a.each(lambda part: np.compress(chosen, part, axis))


@rule(np.sort)
def _sort(a: Enclosure, axis: Any = -1, **_: Any) -> Enclosure:
    """The k-th smallest element lies between the k-th smallest of the lower and of the upper ends."""
    found = a.each(np.sort, axis=axis)
    return found.opened(np.any(a.open, axis=axis, keepdims=True)) if np.any(a.open) else found


@rule(np.diff)
def _diff(a: Enclosure, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        length = a.shape[axis]
        later, earlier = (a.each(np.take, range(start, length - 1 + start), axis=axis) for start in (1, 0))
        a = later - earlier
    return a


@rule(np.interp)
def _interp(x: Enclosure, xp: Any, fp: Any, **_: Any) -> Any:
    from .rules import refused

    raise refused("interp", "write the weights out")


@rule(np.shape)
def _shape(a: Enclosure) -> tuple[int, ...]:
    return a.shape


@rule(np.ndim)
def _ndim(a: Enclosure) -> int:
    return a.ndim


@rule(np.size)
def _size(a: Enclosure, axis: Any = None) -> int:
    return a.size if axis is None else a.shape[axis]


@rule(np.result_type)
def _result_type(*given: Any) -> Any:
    return np.result_type(*(x.dtype if isinstance(x, Enclosure) else x for x in given))


@rule(np.array_equal)
def _array_equal(a: Any, b: Any, **_: Any) -> bool:
    return bool(np.all(np.equal(a, b)))


@rule(np.count_nonzero)
def _count_nonzero(a: Enclosure, axis: Any = None, keepdims: bool = False) -> Any:
    truth: Any = a if a.is_bool else a != 0
    if not isinstance(truth, Enclosure):
        return np.count_nonzero(truth, axis=axis, keepdims=keepdims)
    return np.sum(_numbers(truth), axis=axis, keepdims=keepdims)
