"""Symbolic arithmetic: an array that records how each of its elements was computed.

`Written` holds values and, for each element, its expression. Passed to a hand-written formula in place of an ndarray,
it goes through the same NumPy calls (`__array_ufunc__`), as `Bounded` does, and returns

    z[0,1] = x[0,0] W[0,1] + x[0,1] W[1,1] + b[1]

So `handnn trace` prints what the code did, not what its documentation claims: a wrong formula is shown wrong.
Expressions are created on demand, element by element, so large arrays are cheap. An operation without a rule here (an
einsum, a sort) is written as its name with its value.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .expression import Expression, combined, constant, leaf

Array = np.ndarray[Any, Any]
Terms = Callable[[int], Expression]


class Written(NDArrayOperatorsMixin):
    """Values and their expressions: `terms(k)` is the expression of the k-th element, in C order.

    Without expressions the elements are constants; `named("x", values)` gives them the names x[0,0], x[0,1], ...
    """

    __slots__ = ("terms", "value")
    __array_priority__ = 100

    def __init__(self, value: Any, terms: Terms | None = None) -> None:
        if isinstance(value, Written):
            value, terms = value.value, value.terms
        self.value: Array = np.array(value)
        self.terms = terms or _constants(self.value)

    dtype = property(lambda self: self.value.dtype)
    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)

    @property
    def T(self) -> "Written":
        return _moved(np.transpose, self)

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)  # an `if` follows the values

    def __float__(self) -> float:
        return float(self.value)

    def __getitem__(self, index: Any) -> "Written":
        plain = tuple(_value(i) for i in index) if isinstance(index, tuple) else _value(index)
        return _moved(lambda places: places[plain], self)

    def __setitem__(self, index: Any, values: Any) -> None:
        given = _written(values)
        chosen = np.zeros(self.shape, bool)
        chosen[_value(index)] = True
        places = _numbers(self).copy()
        places[_value(index)] = _numbers(given) + self.size
        value = self.value.copy()
        value[_value(index)] = given.value
        self.value, self.terms = value, _fetched([self.terms, given.terms], [self.size, given.size], places)

    def __getattr__(self, name: str) -> Any:
        """Return the method of that name as NumPy's function: `x.sum(axis=0)` is `np.sum(x, axis=0)`."""
        function = getattr(np, name, None)
        if name.startswith("_") or not callable(function) or not hasattr(np.ndarray, name):
            raise AttributeError(name)
        return lambda *args, **kwargs: function(self, *args, **kwargs)

    def reshape(self, *shape: Any) -> "Written":
        return _moved(lambda places: places.reshape(*shape), self)

    def astype(self, dtype: Any, copy: bool = True) -> "Written":
        return Written(self.value.astype(dtype), self.terms)

    def at(self, index: tuple[int, ...]) -> Expression:
        """Return the expression of one element."""
        return self.terms(int(np.ravel_multi_index(index, self.shape)) if index else 0)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method == "reduce":
            return _store(_reduced(ufunc, *inputs, **options), out)
        if ufunc is np.matmul and method == "__call__":
            return _store(_matmul(*inputs), out)
        if method != "__call__" or ufunc.nout > 1 or "where" in options:
            return NotImplemented
        value = np.asarray(ufunc(*[_value(i) for i in inputs], **options))
        return _store(Written(value, _elementwise(ufunc.__name__, value, inputs)), out)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in FUNCTIONS:
            return FUNCTIONS[function](*args, **kwargs)
        if function in MOVING:
            return _moved(function, *args, **kwargs)
        value = function(*[_value(i) for i in args], **{key: _value(i) for key, i in kwargs.items() if key != "out"})
        if not isinstance(value, np.ndarray | np.generic):
            return value
        return _store(Written(value, named(function.__name__, value).terms), kwargs.get("out"))

    def __repr__(self) -> str:
        return f"Written({self.value})"


def named(name: str, values: Any) -> Written:
    """Return values whose expressions are their names: x[0,0], x[0,1], ..."""
    values = np.array(values)
    flat = values.reshape(-1)
    return Written(
        values, lambda k: leaf(name, tuple(int(i) for i in np.unravel_index(k, values.shape)), float(flat[k]))
    )


def _constants(values: Array) -> Terms:
    flat = values.reshape(-1)
    return lambda k: constant(float(flat[k]))


def _written(given: Any) -> Written:
    return given if isinstance(given, Written) else Written(given)


def _value(given: Any) -> Any:
    if isinstance(given, list | tuple):
        return type(given)(_value(part) for part in given)
    return given.value if isinstance(given, Written) else given


def _numbers(given: Written) -> Array:
    """Return the elements' flat indices (C order), in the array's shape."""
    return np.arange(given.size).reshape(given.shape)


def _store(result: Written, out: Any) -> Written:
    """Write into the Written given as `out=`, so that `x -= step` changes x; plain work arrays are ignored."""
    target = out[0] if isinstance(out, tuple) else out
    if isinstance(target, Written):
        target.value, target.terms = np.broadcast_to(result.value, target.shape).astype(target.dtype), result.terms
        return target
    return result


def _elementwise(name: str, value: Array, inputs: Sequence[Any]) -> Terms:
    sources = [_written(i) for i in inputs]
    places = [np.broadcast_to(_numbers(source), value.shape).reshape(-1) for source in sources]
    terms, flat = [source.terms for source in sources], value.reshape(-1)

    def at(k: int) -> Expression:
        return combined(name, [term(int(place[k])) for term, place in zip(terms, places, strict=True)], float(flat[k]))

    return at


def _fetched(terms: list[Terms], sizes: list[int], places: Any) -> Terms:
    """Return the terms at these flat indices, counted through several arrays one after the other."""
    starts, flat = np.cumsum([0, *sizes]), np.asarray(places).reshape(-1)

    def at(k: int) -> Expression:
        which = int(np.searchsorted(starts, flat[k], side="right")) - 1
        return terms[which](int(flat[k] - starts[which]))

    return at


def _moved(function: Any, *args: Any, **kwargs: Any) -> Written:
    """Run a function that only moves elements, on the values and on the elements' flat indices."""
    terms: list[Terms] = []
    sizes: list[int] = []
    values: list[Array] = []

    def places(given: Any) -> Any:
        if isinstance(given, list | tuple) and any(isinstance(part, Written) for part in given):
            return [places(_written(part)) for part in given]
        if not isinstance(given, Written) or given.dtype.kind != "f":
            return _value(given)
        found = _numbers(given) + sum(sizes)
        terms.append(given.terms)
        sizes.append(given.size)
        values.append(given.value.reshape(-1))
        return found

    moved = np.asarray(function(*[places(i) for i in args], **{key: places(i) for key, i in kwargs.items()}))
    if not terms:
        return Written(moved)
    return Written(np.concatenate(values)[moved.reshape(-1)].reshape(moved.shape), _fetched(terms, sizes, moved))


def _reduced(
    ufunc: Any, a: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False, out: Any = None, **options: Any
) -> Written:
    """Return a sum, product, maximum or minimum along axes."""
    value = np.asarray(ufunc.reduce(_value(a), axis=axis, keepdims=keepdims))
    return Written(value, _along(ufunc.__name__, value, _written(a), axis))


def _along(name: str, value: Array, a: Written, axis: Any) -> Terms:
    chosen = range(a.ndim) if axis is None else np.atleast_1d(axis)
    axes = [int(i) % a.ndim for i in chosen] if a.ndim else []
    last = np.moveaxis(_numbers(a), axes, range(a.ndim - len(axes), a.ndim)).reshape(max(value.size, 1), -1)
    terms, flat = a.terms, value.reshape(-1)
    return lambda k: combined(name, [terms(int(place)) for place in last[k]], float(flat[k]))


def _reduction(ufunc: Any) -> Callable[..., Written]:
    def reduce(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Written:
        return _store(_reduced(ufunc, a, axis, keepdims=bool(keepdims)), out)

    return reduce


def _mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Written:
    total = np.sum(a, axis=axis, keepdims=keepdims)
    return _store(total / (a.size / max(1, np.size(_value(total)))), out)


def _variance(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Written:
    return _mean(np.square(a - _mean(a, axis, keepdims=True)), axis, keepdims=keepdims)


def _matmul(a: Any, b: Any, out: Any = None) -> Written:
    """Return a @ b: rows of a times columns of b; axes before the last two are broadcast."""
    a, b = _written(a), _written(b)
    value = np.asarray(np.matmul(a.value, b.value))
    rows = _numbers(a) if a.ndim > 1 else _numbers(a)[np.newaxis, :]
    columns = _numbers(b) if b.ndim > 1 else _numbers(b)[:, np.newaxis]
    full = (*np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2]), rows.shape[-2], columns.shape[-1])
    rows = np.broadcast_to(rows, (*full[:-1], rows.shape[-1]))
    columns = np.broadcast_to(np.swapaxes(columns, -1, -2), (*full[:-2], full[-1], columns.shape[-2]))
    return _store(Written(value, _products(value, a.terms, rows, b.terms, columns, full)), out)


def _products(value: Array, a: Terms, rows: Array, b: Terms, columns: Array, full: tuple[int, ...]) -> Terms:
    flat = value.reshape(-1)

    def at(k: int) -> Expression:
        *batch, i, j = np.unravel_index(k, full)
        pairs = zip(rows[(*batch, i)], columns[(*batch, j)], strict=True)
        factors = [(a(int(p)), b(int(q))) for p, q in pairs]
        return combined("add", [combined("multiply", [x, w], x.value * w.value) for x, w in factors], float(flat[k]))

    return at


def _dot(a: Any, b: Any, out: Any = None) -> Written:
    """Return np.dot(a, b), which for b of two axes is the matrix product over a's last axis."""
    a, b = _written(a), _written(b)
    if not a.ndim or not b.ndim:
        return _store(a * b, out)
    if b.ndim > 2:
        raise TypeError("np.dot of a right side with more than two axes is not written out")
    shape = (*a.shape[:-1], *b.shape[1:])
    product = _matmul(a.reshape(-1, a.shape[-1]), b.reshape(len(b), -1))
    return _store(product.reshape(shape), out)


def _where(condition: Any, a: Any, b: Any) -> Written:
    kind = np.result_type(*[_value(i) for i in (a, b)])
    a, b = (_written(np.asarray(i, kind) if not isinstance(i, Written) else i) for i in (a, b))
    return _moved(np.where, _value(condition), a, b).astype(kind)


def _copyto(target: Any, source: Any, where: Any = True) -> None:
    _store(_where(np.broadcast_to(_value(where), target.shape), source, Written(target)), target)


def _filled(value: float) -> Callable[..., Written]:
    def like(a: Any, dtype: Any = None, **options: Any) -> Written:
        return Written(np.full(np.shape(_value(a)), value, dtype or _value(a).dtype))

    return like


def _clip(a: Any, low: Any = None, high: Any = None, out: Any = None) -> Written:
    a = a if low is None else np.maximum(a, low)
    return _store(_written(a if high is None else np.minimum(a, high)), out)


MOVING = {
    np.broadcast_to, np.concatenate, np.copy, np.diagonal, np.expand_dims, np.flip, np.moveaxis, np.ravel, np.repeat,
    np.reshape, np.squeeze, np.stack, np.swapaxes, np.take, np.take_along_axis, np.tile, np.transpose,
    np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _reduction(np.add),
    np.max: _reduction(np.maximum),
    np.min: _reduction(np.minimum),
    np.prod: _reduction(np.multiply),
    np.mean: _mean,
    np.var: _variance,
    np.dot: _dot,
    np.where: _where,
    np.copyto: _copyto,
    np.clip: _clip,
    np.zeros_like: _filled(0.0),
    np.empty_like: _filled(0.0),
    np.ones_like: _filled(1.0),
}
