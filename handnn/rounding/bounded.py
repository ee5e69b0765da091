"""Running error analysis: an array with bounds on its rounding errors.

`Bounded` holds values and, for each, a bound on its absolute error. Passed to a hand-written formula in place of an
ndarray, it goes through the same NumPy calls (`__array_ufunc__`) and returns the bound of the result, by the
first-order rules of Higham (2002), section 3.3. So every step has an allowance derived from its own formula, and a new
activation, loss or optimizer needs no code for its allowance.

For z = x W + b it gives gamma(n) |x| |W| + u |z|, for softmax p (u s + sum_j p_j u s_j + ...): the closed forms of
docs/derivations/allowance.md; a test compares them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from . import allowance, floors, images, infinity, products, repeated
from .array_methods import ArrayMethods
from .elementwise import FLOAT64, FROM_BELOW, RULES, SCIPY_RULES, exact, tiny, zeros

Array = np.ndarray[Any, Any]


FAR = 0.5
"""Error of z from which on an exponential may be another number altogether."""


class Bounded(ArrayMethods, NDArrayOperatorsMixin):
    """Values of dtype float32 or float64 with error bounds in float64. Exact unless an error is given.

    `least` is what no element is below in either library (floors.py).
    """

    __slots__ = ("error", "least", "value")
    __array_priority__ = 100

    def __init__(self, value: Any, error: Any = 0.0, least: float = floors.UNKNOWN) -> None:
        self.least = least
        self.value = np.asarray(value)
        if exact(error):
            self.error = zeros(self.value.shape)
            return
        error = np.asarray(error, FLOAT64)
        self.error = error if error.shape == self.value.shape else np.broadcast_to(error, self.value.shape)

    dtype = property(lambda self: self.value.dtype)
    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)

    @property
    def T(self) -> "Bounded":
        return Bounded(self.value.T, self.error.T, self.least)

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)  # an `if` follows the values

    def __getitem__(self, index: Any) -> "Bounded":
        return Bounded(self.value[index], self.error[index], self.least)

    def __setitem__(self, index: Any, given: Any) -> None:
        value, error = _split(given)
        if not self.error.flags.writeable:
            self.error = np.array(self.error)
        self.least = floors.UNKNOWN
        self.value[index], self.error[index] = value, 0.0 if error is None else error

    def reshape(self, *shape: Any) -> "Bounded":
        return Bounded(self.value.reshape(*shape), self.error.reshape(*shape), self.least)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Cast. A narrower type gets no extra error bound, which would hide a silent loss of precision."""
        if np.dtype(dtype).kind in "iu":
            return self.value.astype(dtype)  # indices are exact
        return Bounded(self.value.astype(dtype, copy=copy), self.error)

    def activated(self, f: Any) -> "Bounded":
        """Return f(z) of an activation, with the error that either library's formula or kernel may make."""
        own = _as_bounded(f.forward(self))
        error = _larger(own.error, f, "keras_forward", self)
        error = allowance.of_function(f.calibrated or f.name, own.value, error)
        found = Bounded(own.value, error, own.least)
        return found if f.image is None or not np.any(self.error > FAR) else images.limited(f, self, found)

    def sent_back(self, f: Any, upstream: Any, a: Any) -> "Bounded":
        """Return upstream * f'(z), with the error that either library's formula may make."""
        own = _as_bounded(f.backward(upstream, self, a))
        error = _larger(own.error, f, "keras_backward", upstream, self, a)
        return Bounded(own.value, infinity.chosen(error, _split(upstream)[0], self.value) if f.elementwise else error)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method == "reduce" and ufunc is np.add:
            return _store(_sum(*inputs, **options), out)
        if method == "reduce" and ufunc is np.maximum:
            return _store(_max(*inputs, **options), out)
        if method != "__call__":
            return NotImplemented
        if ufunc is np.matmul:
            return _store(_matmul(*inputs), out)
        values = [i.value if isinstance(i, Bounded) else i for i in inputs]
        with np.errstate(all="ignore"):  # a bound may be taken where no result is
            result = ufunc(*values, **options)
            if ufunc in COMPARISONS:
                return _compared(result, *inputs)
            rule = RULES.get(ufunc) or SCIPY_RULES.get(ufunc.__name__)
            if rule is None:
                raise TypeError(f"no rounding rule for numpy.{ufunc.__name__}; add one to rounding/elementwise.py")
            parts = _as_given if ufunc in NEED_NO_FLOAT64 else _parts
            given = [part for i in inputs for part in parts(i, result.dtype)]
            below = {}
            if ufunc in FROM_BELOW and (least := getattr(inputs[FROM_BELOW[ufunc]], "least", 0.0)) > 0:
                below = {"least": least}
            error = np.fmin(rule(result, *given, **below), np.inf)  # infinite where it is NaN
            if ufunc is np.exp and np.isinf(result).any():  # of a number that may be far smaller nothing is known
                result = np.where(np.isinf(result) & (given[1] > FAR), np.asarray(np.nan, result.dtype), result)
            return _store(Bounded(result, error, floors.after(ufunc, result.dtype, inputs)), out)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in FUNCTIONS:
            raise TypeError(f"no rounding rule for numpy.{function.__name__}; add one to rounding/bounded.py")
        return FUNCTIONS[function](*args, **kwargs)

    def __repr__(self) -> str:
        return f"Bounded({self.value}, error={self.error})"


def _as_bounded(result: Any) -> Bounded:
    return result if isinstance(result, Bounded) else Bounded(result)


def _larger(error: Any, entry: Any, formula: str, *given: Any) -> Any:
    """Return the larger of an error and that of Keras' formula, if it is another one."""
    if not hasattr(entry, formula):
        return error
    with np.errstate(all="ignore"):
        return np.maximum(error, _as_bounded(getattr(entry, formula)(*given)).error)


def _parts(given: Any, dtype: Any) -> tuple[Any, Any]:
    """Return the value and its error in float64; a Python float that dtype cannot represent has a rounding error."""
    value, error = _as_given(given, dtype)
    return value if isinstance(value, float) else np.asarray(value, FLOAT64), error


def _as_given(given: Any, dtype: Any) -> tuple[Any, Any]:
    """Return the value in its own dtype, and its error: the number 0.0 if it is exact."""
    if isinstance(given, Bounded):
        error = given.error
        known = error.size > 0 and not any(error.strides) and error.flat[0] == 0
        return given.value, 0.0 if known else error
    if isinstance(given, float) and float(dtype.type(given)) != given:
        return given, abs(given) * allowance.unit_roundoff(dtype)
    return given, 0.0


NEED_NO_FLOAT64 = {np.add, np.subtract, np.multiply}
"""Their rules convert what they use."""


def _store(result: Bounded, out: Any) -> Bounded:
    """Write into the Bounded given as `out=`, so that `x -= step` changes x; plain work arrays are ignored."""
    target = out[0] if isinstance(out, tuple) else out
    if isinstance(target, Bounded):
        target.value, target.error, target.least = result.value, result.error, result.least
        return target
    return result


COMPARISONS = {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isfinite, np.isnan}


def _compared(result: Array, *inputs: Any) -> Any:
    """Return a comparison; if rounding can change it anywhere, as a Bounded with error 1 there."""
    if len(inputs) == 1:
        return result
    (a, ea), (b, eb) = (_parts(i, np.result_type(*[getattr(x, "dtype", x) for x in inputs])) for i in inputs)
    doubtful = (ea + eb > 0) & ~(np.abs(a - b) > ea + eb)  # also where one is NaN
    return Bounded(result, doubtful) if doubtful.any() else result


# ---- functions of whole arrays ---------------------------------------------------------------------------------------


def _split(given: Any) -> tuple[Any, Any]:
    return (given.value, given.error) if isinstance(given, Bounded) else (np.asarray(given), None)


def _sum(a: Bounded, axis: Any = None, keepdims: bool = False, dtype: Any = None, out: Any = None) -> Bounded:
    value = np.sum(a.value, axis=axis, keepdims=keepdims)
    terms = max(1, a.size // max(1, value.size))
    growth = repeated.gamma(a.value, axis, terms - 1)
    error = total = np.zeros(())
    for part in repeated.parts(a.shape, axis):  # a large array takes no others of its size
        size = np.abs(a.value[part].astype("float64")) + a.error[part]
        total = total + np.sum(size, axis=axis, keepdims=keepdims)
        with np.errstate(invalid="ignore"):  # of one term, whose error is infinite
            error = error + np.sum(a.error[part] + growth * size, axis=axis, keepdims=keepdims)
    value = infinity.sure_sum(value, a.value, axis, keepdims)
    error = error + (total != 0) * (terms * allowance.smallest_normal(a.dtype))  # zeros alone add up to 0
    over = infinity.may_overflow(total, growth, a.dtype)
    error = np.where(over & ~np.isinf(value), np.inf, error) if over.any() else error
    return _store(Bounded(value, error, floors.of_sum(a.least)), out)


def _mean(a: Bounded, axis: Any = None, keepdims: bool = False) -> Bounded:
    total = _sum(a, axis=axis, keepdims=keepdims)
    return total / max(1, a.size // max(1, total.size))


def _var(a: Bounded, axis: Any = None, keepdims: bool = False, mean: Any = None, ddof: float = 0) -> Bounded:
    """With m off by e, sum (x - m)^2 / n is off by e^2 only, because the deviations from the mean add up to 0.

    In addition, each square has n + 2 roundings, and an error d of x changes it by 2 |x - m| d + d^2.
    """
    centre, moved = _split(_mean(a, axis=axis, keepdims=True) if mean is None else mean)
    value = np.var(a.value, axis=axis, keepdims=keepdims, mean=centre)
    terms = max(1, a.size // max(1, value.size))
    if ddof:
        wider = _var(a, axis, keepdims, mean).error * (terms / (terms - ddof) if terms > ddof else np.inf)
        return Bounded(np.var(a.value, axis=axis, keepdims=keepdims, mean=centre, ddof=ddof), 2 * wider, 0.0)
    deviation = np.abs(a.value.astype("float64") - centre)
    growth = repeated.gamma(deviation.astype(a.dtype), axis, terms + 2)
    growth = growth.reshape(value.shape) if isinstance(growth, np.ndarray) else growth
    own = np.mean(2 * deviation * a.error + a.error**2, axis=axis, keepdims=keepdims)
    off = 0.0 if moved is None else np.mean(moved**2 * np.ones(a.shape), axis=axis, keepdims=keepdims)
    error = own + off + growth / (1 - growth) * value + tiny(value)
    return Bounded(value, error, 0.0)


def _max(a: Bounded, axis: Any = None, keepdims: bool = False, dtype: Any = None, out: Any = None) -> Bounded:
    """Return the maximum; its error is the largest error of the elements that may be the maximum."""
    top, wide = np.max(a.value, axis=axis, keepdims=True), a.value.astype("float64")
    of_top = np.max(np.where(a.value == top, a.error, 0.0), axis=axis, keepdims=True)
    with np.errstate(invalid="ignore"):
        surely_less = top - wide > 2 * (a.error + of_top)  # twice, because this is rounded too
    error = np.max(np.where(surely_less, 0.0, a.error), axis=axis, keepdims=keepdims)
    return _store(Bounded(np.max(a.value, axis=axis, keepdims=keepdims), error), out)


def _prod(a: Bounded, axis: Any = None, keepdims: bool = False) -> Bounded:
    """What n factors of |a| + e may exceed the product of the |a| by, and n - 1 roundings."""
    value, size = np.prod(a.value, axis=axis, keepdims=keepdims), np.abs(a.value.astype("float64"))
    terms = max(1, a.size // max(1, value.size))
    widest, own = (np.prod(part, axis=axis, keepdims=keepdims) for part in (size + a.error, size))
    growth = allowance.gamma(terms - 1, allowance.unit_roundoff(a.dtype))
    moved = allowance.gamma(terms - 1, allowance.unit_roundoff("float64")) * widest if a.error.any() else 0.0
    return Bounded(value, widest - own + moved + growth * widest + terms * tiny(value))


def _clip(a: Any, low: Any = None, high: Any = None, **limits: Any) -> Any:
    low, high = limits.get("min", low), limits.get("max", high)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def _like(function: Any) -> Any:
    """Return the rule of a function that makes an exact array of an array's shape."""
    return lambda a, *arguments, **options: Bounded(function(a.value, *arguments, **options))


def _dot(a: Any, b: Any, out: Any = None) -> Bounded:
    return _store(_product(np.dot, a, b, _split(a)[0].shape[-1]), out)


def _matmul(a: Any, b: Any) -> Bounded:
    """Stacks of matrix products, each with the rule of `_dot`."""
    return _product(np.matmul, a, b, _split(a)[0].shape[-1])


def _einsum(subscripts: str, a: Any, b: Any, out: Any = None, optimize: Any = False) -> Bounded:
    """Sum products over the letters missing from the result, in any order."""
    given, _, kept = subscripts.partition("->")
    sizes = dict(zip(given.replace(",", ""), (*_split(a)[0].shape, *_split(b)[0].shape), strict=True))
    terms = int(np.prod([size for letter, size in sizes.items() if letter not in kept]))
    return _store(_product(lambda x, w: np.einsum(subscripts, x, w, optimize=optimize), a, b, terms), out)


def _product(product: Callable[[Any, Any], Any], a: Any, b: Any, terms: int) -> Bounded:
    return Bounded(*products.bounded(product, *_split(a), *_split(b), terms))


def _double(array: Any, shape: Any = None) -> Any:
    """Return an array in float64; zeros for None."""
    return np.zeros(shape) if array is None else array.astype("float64")


def _bincount(x: Any, weights: Any, minlength: int = 0) -> Bounded:
    """Sum the weights of each number; NumPy adds in float64, TensorFlow in the weights' dtype."""
    value = np.bincount(x, weights.value, minlength)
    terms = int(np.bincount(x, minlength=minlength).max(initial=1))
    growth = allowance.gamma(terms - 1, allowance.unit_roundoff(weights.dtype))
    error = np.bincount(x, weights.error + growth * np.abs(_double(weights.value)), minlength)
    return Bounded(value, error + terms * allowance.smallest_normal(weights.dtype))


def _concatenate(arrays: Any, axis: int = 0, out: Any = None) -> Bounded:
    parts = [part if isinstance(part, Bounded) else Bounded(part) for part in arrays]
    value, error = (np.concatenate([getattr(part, name) for part in parts], axis) for name in ("value", "error"))
    return _store(Bounded(value, error), out)


def _moved(function: Any) -> Any:
    """Return the rule for a function that only moves or repeats elements."""

    def rule(a: Bounded, *arguments: Any, **options: Any) -> Bounded:
        value, error = (function(part, *arguments, **options) for part in (a.value, a.error))
        return Bounded(value, error, a.least)

    return rule


def _where(condition: Any, a: Any, b: Any) -> Bounded:
    chosen, doubtful = _split(condition)
    value = np.where(chosen, *[v.value if isinstance(v, Bounded) else v for v in (a, b)])
    (x, ex), (y, ey) = _parts(a, value.dtype), _parts(b, value.dtype)
    error = np.where(chosen, ex, ey)
    if doubtful is not None:
        error = error + np.where(doubtful > 0, np.abs(x - y) + np.where(chosen, ey, ex), 0.0)
    return Bounded(value, error)


def _copyto(target: Any, source: Any) -> None:
    value, error = _split(source)
    target.value = np.broadcast_to(value, target.shape).astype(target.dtype, copy=False)
    target.error = np.broadcast_to(0.0 if error is None else error, target.shape)
    target.least = floors.UNKNOWN


def _take_along_axis(a: Bounded, indices: Any, axis: int) -> Bounded:
    return Bounded(np.take_along_axis(a.value, indices, axis), np.take_along_axis(a.error, indices, axis))


def _sort(a: Bounded, axis: int = -1) -> Bounded:
    """Return a sorted; if no element changes by more than e, no element of the sorted array does."""
    largest = np.max(a.error, axis=axis, keepdims=True)
    return Bounded(np.sort(a.value, axis=axis), np.broadcast_to(largest, a.shape))


def _cumsum(a: Bounded, axis: int) -> Bounded:
    growth = allowance.gamma(a.shape[axis] - 1, allowance.unit_roundoff(a.dtype))
    size = np.abs(a.value.astype("float64")) + a.error
    tiny = a.shape[axis] * allowance.smallest_normal(a.dtype)
    return Bounded(np.cumsum(a.value, axis=axis), np.cumsum(a.error + growth * size, axis=axis) + tiny)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.var: _var,
    np.std: lambda a, **options: np.sqrt(_var(a, **options)),
    np.max: _max,
    np.min: lambda a, **options: -_max(-a, **options),
    np.prod: _prod,
    np.clip: _clip,
    np.outer: lambda a, b: np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1))),
    np.zeros_like: _like(np.zeros_like),
    np.ones_like: _like(np.ones_like),
    np.full_like: _like(np.full_like),
    np.dot: _dot,
    np.where: _where,
    np.copyto: _copyto,
    np.take_along_axis: _take_along_axis,
    np.sort: _sort,
    np.cumsum: _cumsum,
    np.einsum: _einsum,
    np.bincount: _bincount,
    np.concatenate: _concatenate,
    np.moveaxis: _moved(np.moveaxis),
    np.transpose: _moved(np.transpose),
    np.repeat: _moved(np.repeat),
    np.broadcast_to: _moved(np.broadcast_to),
} | {
    function: _moved(function)
    for function in (
        np.squeeze,
        np.ravel,
        np.swapaxes,
        np.reshape,
        np.expand_dims,
        np.flip,
        np.roll,
        np.tile,
        np.take,
        np.lib.stride_tricks.sliding_window_view,
    )
}
