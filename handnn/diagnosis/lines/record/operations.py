"""Operations that have no function in NumPy of their own: indexing, methods, attributes, changes in place."""

import operator as operators
from collections.abc import Callable
from typing import Any

import numpy as np

from ..subject import Array


def same(value: Any) -> Any:
    """Return the value."""
    return value


def overwrite(old: Any, new: Any, index: Any) -> Any:
    """Return the array with new values at an index: item assignment as a function."""
    result = np.array(old)
    result[index] = new
    return result


def gather(owner: Any, index: Any) -> Any:
    """Return elements of an array by their flat index."""
    return np.asarray(owner).ravel()[index]


def in_array(container: Any, index: Any) -> tuple[Any, Any]:
    """Return the array and the index that mean what `a.flat` and its index do; other containers as they are."""
    if not isinstance(container, np.flatiter):
        return container, index
    array = container.base
    return array, np.unravel_index(np.arange(array.size)[index], array.shape)


def scatter(owner: Any, new: Any, index: Any) -> Any:
    """Return the array with new values at flat indices."""
    result = np.array(owner)
    result.ravel()[index] = new
    return result


JOINERS = (type(np.r_), type(np.c_))


def joined(joiner: Any, parts: Any) -> Any:
    """Return arrays side by side: `np.c_[a, b]`."""
    return joiner[parts]


_MADE: dict[tuple[str, str], Callable[..., Any]] = {}


def _named(kind: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return one function object for each name, so that rules find it."""
    made = _MADE.setdefault((kind, name), function)
    made.__name__ = name
    return made


def method(name: str) -> Callable[..., Any]:
    """Return the function that calls an array's method."""
    return _named("method", name, lambda owner, *a, **k: getattr(owner, name)(*a, **k))


def attribute(name: str) -> Callable[..., Any]:
    """Return the function that reads an array's attribute."""
    return _named("attribute", name, lambda owner: getattr(owner, name))


def at(ufunc: np.ufunc) -> Callable[..., Any]:
    """Return `ufunc.at` as a function that leaves its array alone; the index comes last."""

    def apply(old: Any, *new_and_index: Any) -> Any:
        *new, index = new_and_index
        result = np.array(old)
        ufunc.at(result, index, *new)
        return result

    return _named("at", f"{ufunc.__name__}_at", apply)


def part(function: Callable[..., Any], i: int) -> Callable[..., Any]:
    """Return the function that computes one part of a result that is a list."""
    return lambda *a, **k: function(*a, **k)[i]


def with_words(function: Callable[..., Any], words: dict[str, Any]) -> Callable[..., Any]:
    """Return the function with named arguments given."""
    return (lambda *a: function(*a, **words)) if words else function


def not_in_place(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator that leaves its left operand alone: `add` for `iadd`."""
    name = operator.__name__
    return getattr(operators, name[1:]) if name[0] == "i" and hasattr(operators, name[1:]) else operator


def owner_of(value: Any) -> Any:
    """Return the array whose memory a view looks at."""
    while isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray):
        value = value.base
    return value


def _addresses(array: Array) -> Array:
    where = np.full((), array.__array_interface__["data"][0], dtype=np.int64)
    for axis, (length, stride) in enumerate(zip(array.shape, array.strides, strict=True)):
        shape = [1] * array.ndim
        shape[axis] = length
        where = where + (np.arange(length, dtype=np.int64) * stride).reshape(shape)
    return np.broadcast_to(where, array.shape)


def elements(view: Array, owner: Array) -> Array | None:
    """Return which elements of its owner a view shows, as flat indices; None if it shows something else."""
    if view.dtype != owner.dtype or not owner.size or not view.size:
        return None
    places, wanted = _addresses(owner).ravel(), _addresses(view)
    order = np.argsort(places, kind="stable")
    index = order[np.minimum(np.searchsorted(places[order], wanted), owner.size - 1)]
    return index if np.array_equal(places[index], wanted) else None
