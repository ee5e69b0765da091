"""Running error analysis: an array that knows how wrong rounding may have made it.

`Bounded` holds values and, beside each, a bound on its absolute error. Handed to a hand-written formula in place of
an ndarray it goes through the same NumPy calls (`__array_ufunc__`) and comes out with the bound of the result, by
the first-order rules of Higham (2002), section 3.3. So every step has an allowance derived from its own formula, and
a new activation, loss or optimizer brings its allowance along without a line about rounding.

For z = x W + b it gives gamma(n) |x| |W| + u |z|, for softmax p (u s + sum_j p_j u s_j + ...): the closed forms of
docs/derivations/allowance.md, which a test compares.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from . import allowance

Array = np.ndarray[Any, Any]


class Bounded(NDArrayOperatorsMixin):
    """Values of dtype float32 or float64 with error bounds in float64. Exact unless an error is given."""

    __slots__ = ("error", "value")
    __array_priority__ = 100

    def __init__(self, value: Any, error: Any = 0.0) -> None:
        self.value = np.asarray(value)
        self.error = np.broadcast_to(np.asarray(error, "float64"), self.value.shape)

    dtype = property(lambda self: self.value.dtype)
    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)

    @property
    def T(self) -> "Bounded":
        return Bounded(self.value.T, self.error.T)

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)  # an `if` goes the way the values went

    def __getitem__(self, index: Any) -> "Bounded":
        return Bounded(self.value[index], self.error[index])

    def reshape(self, *shape: Any) -> "Bounded":
        return Bounded(self.value.reshape(*shape), self.error.reshape(*shape))

    def astype(self, dtype: Any, copy: bool = True) -> "Bounded":
        """Cast; to a narrower type without an allowance, which would excuse a silent loss of precision."""
        return Bounded(self.value.astype(dtype, copy=copy), self.error)

    def sum(self, axis: Any = None, keepdims: bool = False) -> "Bounded":
        return _sum(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> "Bounded":
        return _max(self, axis=axis, keepdims=keepdims)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method == "reduce" and ufunc is np.add:
            return _store(_sum(*inputs, **options), out)
        if method == "reduce" and ufunc is np.maximum:
            return _store(_max(*inputs, **options), out)
        if method != "__call__":
            return NotImplemented
        values = [i.value if isinstance(i, Bounded) else i for i in inputs]
        result = ufunc(*values, **options)
        if ufunc in COMPARISONS:
            return _compared(result, *inputs)
        if ufunc not in RULES:
            raise TypeError(f"no rounding rule for numpy.{ufunc.__name__}; add one to handnn.verify.rounding.RULES")
        with np.errstate(all="ignore"):
            error = RULES[ufunc](result, *[part for i in inputs for part in _parts(i, result.dtype)])
        return _store(Bounded(result, np.where(np.isnan(error), np.inf, error)), out)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in FUNCTIONS:
            raise TypeError(f"no rounding rule for numpy.{function.__name__}; add one to handnn.verify.rounding")
        return FUNCTIONS[function](*args, **kwargs)

    def __repr__(self) -> str:
        return f"Bounded({self.value}, error={self.error})"


def _parts(given: Any, dtype: Any) -> tuple[Any, Any]:
    """Return |value| and its error in float64; a Python float that dtype cannot hold is off by its rounding."""
    if isinstance(given, Bounded):
        return given.value.astype("float64"), given.error
    if isinstance(given, float) and float(dtype.type(given)) != given:
        return given, abs(given) * allowance.unit_roundoff(dtype)
    return np.asarray(given, "float64"), 0.0


def _store(result: Bounded, out: Any) -> Bounded:
    """Write into the Bounded given as `out=`, so that `x -= step` changes x; plain work arrays are ignored."""
    target = out[0] if isinstance(out, tuple) else out
    if isinstance(target, Bounded):
        target.value, target.error = result.value, result.error
        return target
    return result


# ---- one rule for each elementary operation: the error of r from the inputs' values and errors -------------------


def _u(r: Any) -> Any:
    """Return the rounding of one operation, u |r|; the smallest normal stands for flushed denormals."""
    return allowance.unit_roundoff(r.dtype) * np.abs(r.astype("float64"))


def _tiny(r: Any) -> float:
    return allowance.smallest_normal(r.dtype)


def _c(function: str, r: Any) -> Any:
    return allowance.c(function, r.dtype) * _u(r) + _tiny(r)


def _multiply(r: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    return np.abs(a) * eb + np.abs(b) * ea + ea * eb + _u(r) + _tiny(r)


def _divide(r: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    error = (ea + np.abs(r) * eb) / np.maximum(np.abs(b) - eb, 0)
    overflowed = 2 * (np.abs(a) + ea) / float(np.finfo(r.dtype).max)  # |b| is at least half the largest number
    return np.where(np.isinf(b), overflowed, error) + _u(r) + _tiny(r)


def _larger(r: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    doubt = np.where(b - eb > a + ea, eb, np.maximum(ea, eb))  # which of the two it is, where they are close
    known = np.where(a - ea > b + eb, ea, doubt)
    return np.where(np.isneginf(a), eb, np.where(np.isneginf(b), ea, known))  # overflowed: far below whatever is finite


def _sqrt(r: Any, a: Any, ea: Any) -> Any:
    return np.minimum(np.sqrt(ea), ea / np.maximum(r.astype("float64"), 1e-300)) + _u(r)


def _exp(r: Any, a: Any, ea: Any) -> Any:
    moved = np.where(ea < 1, np.abs(r) * np.expm1(np.minimum(ea, 1)), np.exp(a + ea))
    return moved + _c("exp", r)


def _power(r: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    size, log_a = np.abs(r), np.abs(np.log(np.abs(a)))
    share = np.where(ea > 0, ea / np.abs(a), 0.0)
    off = -np.log1p(-np.minimum(share, 1))  # error of log a
    either = size * np.expm1(np.abs(b) * off + (log_a + off) * eb)
    turned = np.where(eb > 0, (log_a + np.log1p(share)) * eb, 0.0)
    up, down = size * np.expm1(b * np.log1p(share) + turned), np.where(share < 0.5, either, size)  # never below 0
    from_0 = np.where(ea > 0, ea ** np.maximum(b - eb, 0), 0.0)
    growing = np.where(a == 0, from_0, np.maximum(up, down))
    return np.where(b > eb, growing, either) + _c("power", r)


RULES: dict[Any, Callable[..., Any]] = {
    np.add: lambda r, a, ea, b, eb: ea + eb + _u(r),
    np.subtract: lambda r, a, ea, b, eb: ea + eb + _u(r),
    np.multiply: _multiply,
    np.divide: _divide,
    np.reciprocal: lambda r, a, ea: _divide(r, 1.0, 0.0, a, ea),
    np.square: lambda r, a, ea: _multiply(r, a, ea, a, ea),
    np.sqrt: _sqrt,
    np.power: _power,
    np.negative: lambda r, a, ea: ea,
    np.absolute: lambda r, a, ea: ea,
    np.sign: lambda r, a, ea: np.where(np.abs(a) > ea, 0.0, np.where(ea > 0, 2.0, 0.0)),
    np.maximum: _larger,
    np.minimum: lambda r, a, ea, b, eb: _larger(r, -a, ea, -b, eb),
    np.exp: _exp,
    np.log: lambda r, a, ea: ea / np.maximum(np.abs(a) - ea, 0) + _c("log", r),
    np.log1p: lambda r, a, ea: ea / np.maximum(1 + a - ea, 0) + _c("log1p", r),
    np.tanh: lambda r, a, ea: ea * (1 - r.astype("float64") ** 2 + 2 * ea) + _c("tanh", r),
    np.heaviside: lambda r, a, ea, b, eb: np.where((a != 0) & (np.abs(a) <= ea), 1.0, 0.0),  # equal bits differ by 0
    np.bitwise_and: lambda r, a, ea, b, eb: np.maximum(ea, eb),
    np.bitwise_or: lambda r, a, ea, b, eb: np.maximum(ea, eb),
    np.invert: lambda r, a, ea: ea,
}

COMPARISONS = {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isfinite}


def _compared(result: Array, *inputs: Any) -> Any:
    """Return a comparison; as a Bounded truth value, off by 1 where rounding may turn it round, if it may anywhere."""
    if len(inputs) == 1:
        return result
    (a, ea), (b, eb) = (_parts(i, np.result_type(*[getattr(x, "dtype", x) for x in inputs])) for i in inputs)
    doubtful = (ea + eb > 0) & (np.abs(a - b) <= ea + eb)
    return Bounded(result, doubtful) if np.any(doubtful) else result


# ---- functions of whole arrays ------------------------------------------------------------------------------------


def _split(given: Any) -> tuple[Any, Any]:
    return (given.value, given.error) if isinstance(given, Bounded) else (np.asarray(given), None)


def _sum(a: Bounded, axis: Any = None, keepdims: bool = False, dtype: Any = None, out: Any = None) -> Bounded:
    value = np.sum(a.value, axis=axis, keepdims=keepdims)
    terms = max(1, a.size // max(1, value.size))
    growth = allowance.gamma(terms - 1, allowance.unit_roundoff(a.dtype))
    size = np.abs(a.value.astype("float64")) + a.error
    error = np.sum(a.error + growth * size, axis=axis, keepdims=keepdims)
    return _store(Bounded(value, error + terms * allowance.smallest_normal(a.dtype)), out)


def _max(a: Bounded, axis: Any = None, keepdims: bool = False, dtype: Any = None, out: Any = None) -> Bounded:
    value, wide = np.max(a.value, axis=axis, keepdims=keepdims), a.value.astype("float64")
    may_be_largest = wide + a.error >= np.max(wide - a.error, axis=axis, keepdims=True)
    return _store(Bounded(value, np.max(np.where(may_be_largest, a.error, 0), axis=axis, keepdims=keepdims)), out)


def _dot(a: Any, b: Any, out: Any = None) -> Bounded:
    (x, ex), (w, ew) = _split(a), _split(b)
    value, u = np.dot(x, w), allowance.unit_roundoff(np.result_type(x, w))
    terms = x.shape[-1]
    size_x, size_w = np.abs(x.astype("float64")), np.abs(w.astype("float64"))
    error = allowance.gamma(terms, u) * np.dot(size_x, size_w) + terms * allowance.smallest_normal(value.dtype)
    if ex is not None and ex.any():
        error += np.dot(ex, size_w)
    if ew is not None and ew.any():
        error += np.dot(size_x, ew)
    return _store(Bounded(value, error), out)


def _where(condition: Any, a: Any, b: Any) -> Bounded:
    (chosen, doubtful), (x, ex), (y, ey) = _split(condition), _split(a), _split(b)
    value = np.where(chosen, x, y).astype(np.result_type(*[v for v in (x, y) if v.ndim] or [x, y]), copy=False)
    error = np.where(chosen, 0.0 if ex is None else ex, 0.0 if ey is None else ey)
    if doubtful is not None:
        other = np.where(chosen, 0.0 if ey is None else ey, 0.0 if ex is None else ex)
        error = error + np.where(doubtful > 0, np.abs(x.astype("float64") - y) + other, 0.0)
    return Bounded(value, error)


def _take_along_axis(a: Bounded, indices: Any, axis: int) -> Bounded:
    return Bounded(np.take_along_axis(a.value, indices, axis), np.take_along_axis(a.error, indices, axis))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.max: _max,
    np.dot: _dot,
    np.where: _where,
    np.take_along_axis: _take_along_axis,
}
