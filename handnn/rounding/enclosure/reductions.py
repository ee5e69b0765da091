"""Rules of sums, means, variances, extremes and norms along axes.

A sum of n terms is off by at most growth(n - 1) times the sum of their magnitudes (`Precision.growth`). A sequential
sum is taken as it is written, one addition after the other, which is sharper.
"""

from typing import Any

import numpy as np

from .arrays import Enclosure, cast, noted, together
from .choices import truth
from .elementwise import _not_negative, outward
from .precision import Precision
from .rules import FUNCTIONS, NoRuleError, rule

LONGEST = 20_000
"""Sequential sums of more terms get the bound of any order, which holds for them too."""


def _axes(a: Enclosure, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(a.ndim))
    given = axis if isinstance(axis, tuple | list) else (axis,)
    return tuple(int(i) % max(1, a.ndim) for i in given)


def count(a: Enclosure, axis: Any) -> int:
    """Return how many elements a reduction takes together."""
    return int(np.prod([a.shape[i] for i in _axes(a, axis)], dtype=int))


def _flat(a: Enclosure, axis: Any, keepdims: bool) -> tuple[Enclosure, tuple[int, ...]]:
    """Return a with the reduced axes as its last one, and the shape of the result."""
    axes = _axes(a, axis)
    kept = [i for i in range(a.ndim) if i not in axes]
    shape = tuple(1 if i in axes else n for i, n in enumerate(a.shape) if keepdims or i not in axes)
    moved = a.each(np.transpose, (*kept, *axes))
    return moved.each(np.reshape, (*(a.shape[i] for i in kept), -1)), shape


def total(a: Enclosure, axis: Any, keepdims: bool, accumulated: bool = False) -> Enclosure:
    """Return the sum in the arithmetic of a; `accumulated`: not yet rounded to the format of the result."""
    p, terms = a.precision, count(a, axis)
    options: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if p.order == "sequential" and 1 < terms <= LONGEST and not p.exact:
        own, shape = _flat(a, axis, keepdims)
        running = own[..., 0]
        for k in range(1, terms):
            running = added(running, own[..., k])
        return running.each(np.reshape, shape)
    mid, low, high = (np.sum(part, **options) for part in (a.mid, a.low, a.high))
    size = np.sum(a.size_of, **options) * (1 + (terms + 2) * 2.0**-52)
    off = p.growth(terms - 1) * size + (terms + 1) * p.w * size
    if p.flushes:
        off = off + np.where(size > 0, (terms - 1) * p.smallest, 0.0)
    low, high = low - off.astype(p.work), high + off.astype(p.work)
    if not p.exact:
        over = size * (1 + p.growth(terms - 1)) > p.format.largest
        low, high = np.where(over, -np.inf, low), np.where(over, np.inf, high)
    sign = np.all(a.low >= 0, **options), np.all(a.high <= 0, **options)
    if terms:  # a sum of terms of one sign is not smaller than any of them
        low = np.where(sign[0], np.maximum(low, _surely(np.max(a.low, **options), p)), low)
        high = np.where(sign[1], np.minimum(high, _surely(np.min(a.high, **options), p)), high)
    return Enclosure.of(mid, low, high, p)


def _surely(x: Any, p: Precision) -> Any:
    """Return x, or 0 where it may be flushed."""
    return np.where(np.abs(x) < p.smallest, 0, x) if p.flushes else x


def added(a: Enclosure, b: Enclosure) -> Enclosure:
    """One addition of a sum, without a record."""
    p = a.precision
    return Enclosure.rounded(a.mid + b.mid, *outward(a.low + b.low, a.high + b.high, p), p)


@rule(np.sum)
def _sum(
    a: Enclosure, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any
) -> Any:
    if options.get("where", True) is not True or options.get("initial", 0) not in (0, np._NoValue):
        raise NoRuleError("numpy.sum with where= or initial= has no rounding rule; use np.where")
    (own,) = together(a)
    own = own.astype(dtype) if dtype is not None else own
    wide = cast(own, own.precision.accumulating().format)
    wide = Enclosure.of(wide.mid, wide.low, wide.high, own.precision.accumulating())
    found = _back(total(wide, axis, keepdims is True), own)
    noted("sum", found, [a])
    return found


def _back(wide: Enclosure, like: Enclosure) -> Enclosure:
    """Round what was accumulated to the format of the result."""
    found = cast(wide, like.precision.format)
    return Enclosure.of(found.mid, found.low, found.high, like.precision)


@rule(np.mean)
def _mean(a: Enclosure, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    found = _by_count(np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims), max(1, count(a, axis)))
    before = a.made[0] if a.made else ""
    found.made = ("mean", (before,))
    return found


def _by_count(a: Enclosure, n: float) -> Any:
    """Divide by n, or multiply by 1/n rounded, as some libraries do."""
    return Enclosure.of(*_both(a / n, a * (np.float64(1) / n)), a.precision)


def _both(a: Enclosure, b: Enclosure) -> tuple[Any, Any, Any]:
    return a.mid, np.minimum(a.low, b.low), np.maximum(a.high, b.high)


@rule(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, keepdims: Any = False) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / np.sum(weights + 0 * a, axis=axis, keepdims=keepdims)


@rule(np.var)
def _var(
    a: Enclosure, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: Any = False,
    mean: Any = None,
) -> Any:  # fmt: skip
    """Two passes: sum (x - m)^2 / (n - ddof).

    An error e of m and r of x change sum (x - m)^2 by at most 2 sum |d| r + sum (r + |e|)^2, because the deviations d
    from the mean add up to 0. Every term of sum (|d| + r + |e|)^2 has n + 4 roundings.
    """
    (a,) = together(a)
    p, terms, options = a.precision.accumulating(), count(a, axis), {"axis": axis, "keepdims": True}
    centre = np.mean(a, **options) if mean is None else together(mean, a)[0]
    exact_mean = np.mean(a.mid, **options)
    deviation = a.mid - exact_mean
    d = np.abs(deviation).astype("float64")
    off = np.maximum(np.abs(centre.high - exact_mean), np.abs(exact_mean - centre.low)).astype("float64")
    slack = 8 * (terms + 4) * p.w * np.mean(a.size_of, **options) + 2.0**-50 * off
    off, r = off + slack, a.error
    inner = np.sum(2 * d * (r + slack) + (r + off) ** 2, **options)
    rounds = np.expm1(3 * np.log1p(a.precision.u))
    grown = (1 + rounds) * (1 + p.growth(terms - 1) + p.u) - 1 + (terms + 8) * p.w
    square = np.sum((d + r + off) ** 2, **options)
    error = (inner + grown * square + 3 * terms * a.precision.smallest) * (1 + (terms + 20) * 2.0**-52)
    whole = np.sum(deviation * deviation, **options).astype(p.work)
    high = np.where(square * (1 + grown) < p.format.largest, whole + error, np.inf)
    summed = _back(Enclosure.of(whole, np.maximum(whole - error, 0), high, p), a)
    found = _by_count(summed, max(1, terms - ddof)) if terms > ddof else summed * np.inf
    found = found.each(np.sum, axis=axis, keepdims=keepdims is True)
    found = _not_negative(found)
    noted("var", found, [a])
    return found.opened(np.any(a.open, axis=axis, keepdims=keepdims is True)) if np.any(a.open) else found


@rule(np.std)
def _std(a: Enclosure, *given: Any, **options: Any) -> Any:
    return np.sqrt(np.var(a, *given, **options))


def _extreme(function: Any) -> Any:
    def own(a: Enclosure, axis: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
        if options.get("where", True) is not True or options.get("initial", np._NoValue) is not np._NoValue:
            raise NoRuleError(f"numpy.{function.__name__} with where= or initial= has no rounding rule; use np.where")
        found = a.each(function, axis=axis, keepdims=keepdims is True)
        return found.opened(np.any(a.open, axis=axis, keepdims=keepdims is True)) if np.any(a.open) else found

    return own


FUNCTIONS.update({f: _extreme(f) for f in (np.max, np.min)})


@rule(np.ptp)
def _ptp(a: Enclosure, axis: Any = None, **options: Any) -> Any:
    return np.max(a, axis=axis, **options) - np.min(a, axis=axis, **options)


def _quantified(function: Any) -> Any:
    def own(a: Enclosure, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
        known: Any = a if a.is_bool else a != 0
        parts = (known.low, known.high, known.mid) if isinstance(known, Enclosure) else (known,) * 3
        low, high, mid = (function(part, axis=axis, keepdims=keepdims is True) for part in parts)
        return truth(low, high, mid, a.precision)

    return own


FUNCTIONS.update({f: _quantified(f) for f in (np.any, np.all)})


@rule(np.prod)
def _prod(a: Enclosure, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """One product after the other: any order has the same number of roundings, within (1 + u)^(n - 1)."""
    (a,) = together(a)
    p, terms, options = a.precision, count(a, axis), {"axis": axis, "keepdims": keepdims is True}
    own, shape = _flat(a, axis, keepdims is True)
    size, mid = own.size_of, np.prod(a.mid, **options)
    wide = np.prod(size, axis=-1).reshape(shape)
    exact = np.prod(np.abs(own.mid).astype("float64"), axis=-1).reshape(shape)
    rest = np.zeros(wide.shape)
    for k in range(terms):  # |product(m + e) - product(m)| <= sum of the products with one e each
        others = np.prod(np.delete(size, k, axis=-1), axis=-1) * own.error[..., k]
        rest = rest + others.reshape(shape)
    power = (terms - 1) * np.log1p(p.u)
    error = rest + (np.expm1(power) if power < 700 else np.inf) * wide + (terms + 2) * p.w * exact
    error = np.where(
        np.all(own.size_of > 0, axis=-1).reshape(shape), error + 2 * p.smallest * _tails(size, shape), error
    )
    error = error * (1 + (terms + 8) * 2.0**-50)
    over = _largest_part(size, shape) * (1 + error / np.where(wide > 0, wide, 1)) > p.format.largest
    low, high = (np.where(over, s * np.inf, mid + s * error) for s in (-1, 1))
    found = Enclosure.of(mid, low, high, p)
    return found.opened(np.any(a.open, **options)) if np.any(a.open) else found


def _tails(size: Any, shape: Any) -> Any:
    """Sum over the roundings of what a flushed partial product is multiplied by later, at most."""
    return (size.shape[-1] * np.prod(np.maximum(size, 1.0), axis=-1)).reshape(shape)


def _largest_part(size: Any, shape: Any) -> Any:
    return np.prod(np.maximum(size, 1.0), axis=-1).reshape(shape)


@rule(np.cumsum, np.cumulative_sum)
def _cumsum(a: Enclosure, axis: Any = None, dtype: Any = None, out: Any = None, **_: Any) -> Any:
    """The k-th sum has k - 1 additions, in any order."""
    (a,) = together(a)
    if axis is None:
        a, axis = a.each(np.ravel), 0
    p, n = a.precision.accumulating(), a.shape[axis]
    mid, low, high = (np.cumsum(part, axis=axis) for part in (a.mid, a.low, a.high))
    size = np.cumsum(a.size_of, axis=axis) * (1 + (n + 2) * 2.0**-52)
    along = [1] * a.ndim
    along[axis] = n
    growth = np.array([p.growth(k) + (k + 2) * p.w for k in range(n)]).reshape(along)
    flushed = np.where(size > 0, n * p.smallest, 0.0) if p.flushes else 0.0
    off = growth * size + flushed
    over = size * (1 + growth) > p.format.largest
    low, high = np.where(over, -np.inf, low - off), np.where(over, np.inf, high + off)
    low = np.where(np.cumprod(a.low >= 0, axis=axis) > 0, np.maximum(low, 0), low)
    return _back(Enclosure.of(mid, low, high, p), a)


@rule(np.linalg.norm)
def _norm(x: Enclosure, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord in (None, 2, "fro") and not (ord == 2 and axis is None and x.ndim == 2):
        return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))
    if axis is None and x.ndim != 1:
        raise NoRuleError(f"numpy.linalg.norm of a matrix with ord={ord!r} has no rounding rule")
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    return np.power(np.sum(np.power(np.abs(x), ord), axis=axis, keepdims=keepdims), 1 / ord)


def _place(function: Any, sign: int) -> Any:
    def own(a: Enclosure, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        low, high = (a.low, a.high) if sign > 0 else (-a.high, -a.low)
        found = function(a.mid, axis=axis, keepdims=True)
        best = np.take_along_axis(low, found, axis) if axis is not None else low.reshape(-1)[found]
        if ((high >= best).sum(axis=axis) > 1).any():
            raise NoRuleError(f"numpy.{function.__name__} depends on rounding: two elements are nearly equal")
        return function(a.mid, axis=axis, keepdims=keepdims)

    return own


FUNCTIONS.update({np.argmax: _place(np.argmax, 1), np.argmin: _place(np.argmin, -1)})


@rule(np.argsort)
def _argsort(a: Enclosure, axis: Any = -1, **options: Any) -> Any:
    order = np.argsort(a.mid, axis=axis, **options)
    low, high = (np.take_along_axis(part, order, axis) for part in (a.low, a.high))
    low, high = np.moveaxis(low, axis, -1), np.moveaxis(high, axis, -1)
    if (np.maximum.accumulate(high, -1)[..., :-1] >= low[..., 1:]).any():
        raise NoRuleError("numpy.argsort depends on rounding: two elements are nearly equal")
    return order
