"""Rules of elementary operations: each returns an interval of everything that its operands' intervals allow.

The four operations and the root are correctly rounded. Other functions are off by at most `units` u |f(x)|: the largest
of the errors measured for NumPy and TensorFlow (`rounding.allowance.CALIBRATION`, with its margin), of those that
NVIDIA's programming guide lists for CUDA, and of what NumPy's release notes say of its vector code. In formats of 16
bits and fewer it is one unit in the last place (2 u), because libraries compute there in float32 and round.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import Enclosure, together
from .precision import DOUBLE, Precision, widened
from .rules import UFUNCS, NoRuleError, rule

Interval = tuple[Any, Any]
OWN_UNITS = 8
"""How far NumPy's and SciPy's functions in the dtype of work may be off, in units of its eps."""
NARROW_BITS, NARROW_UNITS = 11, 2.0
SCIPY_DIGITS = 2.0**-48
"""Relative error of SciPy's functions, which know no more than float64."""


def outward(low: Any, high: Any, p: Precision, units: float = 1) -> Interval:
    """Widen an interval by so many roundings in the dtype of work."""
    return widened(low, high, p.work.type(units * p.w))


def _basic(mid: Any, low: Any, high: Any, p: Precision) -> Enclosure:
    return Enclosure.rounded(mid, *outward(low, high, p), p)


def _corners(function: Any, a: Enclosure, b: Enclosure) -> Interval:
    """Return the least and largest of a function at the ends of two intervals; NaN where one of them is NaN."""
    found = [function(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return np.minimum.reduce(found), np.maximum.reduce(found)


# ---- arithmetic ------------------------------------------------------------------------------------------------------


@rule(np.add)
def _add(a: Any, b: Any) -> Enclosure:
    a, b = together(a, b)
    return _basic(a.mid + b.mid, a.low + b.low, a.high + b.high, a.precision)


@rule(np.subtract)
def _subtract(a: Any, b: Any) -> Enclosure:
    a, b = together(a, b)
    return _basic(a.mid - b.mid, a.low - b.high, a.high - b.low, a.precision)


@rule(np.multiply)
def _multiply(a: Any, b: Any) -> Enclosure:
    if a is b:
        return _square(a)
    a, b = together(a, b)
    low, high = _corners(np.multiply, a, b)
    return _basic(a.mid * b.mid, *_underflowed(low, high, _is_zero(a) | _is_zero(b), a.precision), a.precision)


def _is_zero(a: Enclosure) -> Any:
    return (a.low == 0) & (a.high == 0)


def _underflowed(low: Any, high: Any, zero: Any, p: Precision) -> Interval:
    """Widen what the dtype of work itself may have flushed to 0."""
    least, limit = p.work.type(np.finfo(p.work).smallest_subnormal), float(np.finfo(p.work).tiny) * 2.0**64
    small = (np.minimum(np.abs(low), np.abs(high)) < limit) & ~zero
    if not small.any():
        return low, high
    return np.where(small, low - least, low), np.where(small, high + least, high)


@rule(np.divide)
def _divide(a: Any, b: Any) -> Enclosure:
    a, b = together(a, b)
    low, high = _corners(np.divide, a, b)
    through = (b.low <= 0) & (b.high >= 0)
    low, high = np.where(through, np.nan, low), np.where(through, np.nan, high)
    return _basic(a.mid / b.mid, *_underflowed(low, high, _is_zero(a), a.precision), a.precision)


@rule(np.reciprocal)
def _reciprocal(a: Enclosure) -> Enclosure:
    return _divide(a.precision.work.type(1), a)


@rule(np.square)
def _square(a: Enclosure) -> Enclosure:
    (a,) = together(a)
    one, other = a.low * a.low, a.high * a.high
    low = np.where((a.low <= 0) & (a.high >= 0), 0, np.minimum(one, other))
    found = _basic(a.mid * a.mid, *_underflowed(low, np.maximum(one, other), _is_zero(a), a.precision), a.precision)
    return _not_negative(found)


def _not_negative(a: Enclosure) -> Enclosure:
    return Enclosure.of(a.mid, np.maximum(a.low, 0), a.high, a.precision, a.made)


@rule(np.sqrt)
def _sqrt(a: Enclosure) -> Enclosure:
    (a,) = together(a)
    return _basic(np.sqrt(a.mid), np.sqrt(a.low), np.sqrt(a.high), a.precision)


@rule(np.negative)
def _negative(a: Enclosure) -> Enclosure:
    (a,) = together(a)
    return Enclosure.of(-a.mid, -a.high, -a.low, a.precision, a.made)


@rule(np.positive, np.conjugate)
def _positive(a: Enclosure) -> Enclosure:
    return a


@rule(np.absolute, np.fabs)
def _absolute(a: Enclosure) -> Enclosure:
    (a,) = together(a)
    least = np.where((a.low <= 0) & (a.high >= 0), 0, np.minimum(np.abs(a.low), np.abs(a.high)))
    return Enclosure.of(np.abs(a.mid), least, np.maximum(np.abs(a.low), np.abs(a.high)), a.precision)


def _exact(function: Any) -> Callable[..., Enclosure]:
    """Return the rule of a function that never decreases in any argument and does not round."""

    def own(*given: Any) -> Enclosure:
        known = together(*given)
        mid, low, high = (function(*(getattr(x, name) for x in known)) for name in ("mid", "low", "high"))
        return Enclosure.of(mid, low, high, known[0].precision)

    return own


for _function in (np.maximum, np.minimum, np.fmax, np.fmin, np.floor, np.ceil, np.trunc, np.rint, np.sign):
    UFUNCS[_function.__name__] = _exact(_function)


@rule(np.heaviside)
def _heaviside(a: Any, b: Any) -> Enclosure:
    a, b = together(a, b)
    found = [np.heaviside(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    inside = (a.low <= 0) & (a.high >= 0)
    low, high = np.minimum.reduce(found), np.maximum.reduce(found)
    low, high = np.where(inside, np.minimum(low, b.low), low), np.where(inside, np.maximum(high, b.high), high)
    return Enclosure.of(np.heaviside(a.mid, b.mid), low, high, a.precision)


# ---- functions -------------------------------------------------------------------------------------------------------


def function_error(low: Any, high: Any, p: Precision, units: float) -> Interval:
    """Widen an interval of exact results by the error of a function that is not correctly rounded, and round."""
    if p.exact:
        return low, high
    units = NARROW_UNITS if p.format.bits <= NARROW_BITS else units
    return p.rounded(*widened(low, high, p.work.type(max(units * p.u, p.u))))


def increasing(
    ufunc: Any, units: float, least: float = -np.inf, most: float = np.inf, own: float = 0.0, falls: bool = False
) -> None:
    """Add the rule of an increasing function with values in [least, most] (`falls`: a decreasing one).

    Args:
        ufunc: computes it in NumPy; called with the dtype of work.
        units: largest error of a library, in units u |f(x)|.
        own: largest relative error of `ufunc` itself; 0 for some units in the last place of its dtype.
    """

    def computed(x: Any, towards: float = 0.0) -> Any:
        """Return f(x); SciPy has no longdouble, so there of the nearest float64 that is not inside the interval."""
        if not own:
            return ufunc(x)
        near = x.astype(DOUBLE)
        near = np.where((near - x) * np.sign(towards) < 0, np.nextafter(near, towards), near)
        return ufunc(near).astype(x.dtype)

    def apply(a: Enclosure) -> Enclosure:
        (a,) = together(a)
        p, ends = a.precision, (a.high, a.low) if falls else (a.low, a.high)
        low, high = computed(ends[0], np.inf if falls else -np.inf), computed(ends[1], -np.inf if falls else np.inf)
        low = np.where(np.isposinf(low) & np.isfinite(ends[0]), np.finfo(p.work).max, low)
        widened = own / p.w if own else OWN_UNITS
        low, high = outward(*_underflowed(low, high, _is_zero(a) & (low == high), p), p, widened)
        low, high = function_error(low, high, p, units)
        low, high = np.maximum(low, min(least, 0.0) if p.flushes else least), np.minimum(high, most)
        return Enclosure.of(computed(a.mid), low, high, p)

    UFUNCS[ufunc.__name__] = apply


increasing(np.exp, 6, least=0.0)
increasing(np.exp2, 8, least=0.0)
increasing(np.expm1, 8, least=-1.0)
increasing(np.log, 8.5)
increasing(np.log2, 8.5)
increasing(np.log10, 8.5)
increasing(np.log1p, 8.5)
increasing(np.tanh, 11.5, -1.0, 1.0)
increasing(np.sinh, 8)
increasing(np.arcsinh, 9)
increasing(np.arccosh, 9, least=0.0)
increasing(np.arctanh, 10)
increasing(np.arctan, 10)
increasing(np.arcsin, 9)
increasing(np.arccos, 9, least=0.0, falls=True)
increasing(np.cbrt, 8)
increasing(np.deg2rad, 2)
increasing(np.rad2deg, 2)


def _by_scipy(name: str, units: float, least: float, most: float) -> None:
    """Add the rule of a function of scipy.special, which is imported when it is first used."""

    def first(*given: Any) -> Any:
        from scipy import special

        increasing(getattr(special, name), units, least, most, own=SCIPY_DIGITS)
        return UFUNCS[name](*given)

    UFUNCS[name] = first


_by_scipy("expit", 11.5, 0.0, 1.0)
_by_scipy("erf", 10, -1.0, 1.0)


def _erfc(a: Enclosure) -> Enclosure:
    """A libraries' erfc is an exp(-x^2) for large x, which loses the digits of x^2: c u (1 + x^2)."""
    from scipy import special

    (a,) = together(a)
    p = a.precision
    mid, low, high = (special.erfc(x.astype(DOUBLE)).astype(p.work) for x in (a.mid, a.high, a.low))
    far = 1 + np.maximum(np.abs(a.low), np.abs(a.high)) ** 2
    low, high = _underflowed(low * (1 - SCIPY_DIGITS * far), high * (1 + SCIPY_DIGITS * far), np.False_, p)
    units = NARROW_UNITS if p.format.bits <= NARROW_BITS else 10 * np.minimum(far, 1e6)
    step = np.minimum(units * p.u, 1)
    low, high = p.rounded(np.maximum(low * (1 - step), 0), np.maximum(high, 0) * (1 + step))
    return Enclosure.of(mid, np.maximum(low, 0), np.minimum(high, 2), p)


UFUNCS["erfc"] = _erfc
PERIODIC_UNITS = 8


def _wave(function: Any, peak: float) -> Callable[[Enclosure], Enclosure]:
    """Return the rule of sin or cos, whose slope is at most 1; `peak` is where it is largest."""

    def apply(a: Enclosure) -> Enclosure:
        (a,) = together(a)
        p = a.precision
        ends = [function(a.low), function(a.high)]
        low, high = outward(np.minimum(*ends), np.maximum(*ends), p, OWN_UNITS)
        turn, two_pi = p.work.type(peak), p.work.type(2 * np.pi)
        unsure = p.work.type(1e-9) * (1 + np.abs(a.mid))

        def holds(point: Any) -> Any:
            """Whether an interval, or its surroundings, holds point + 2 pi k."""
            below, above = (a.low - unsure - point) / two_pi, (a.high + unsure - point) / two_pi
            return ~(np.floor(below) == np.floor(above))

        high, low = np.where(holds(turn), 1, high), np.where(holds(turn + p.work.type(np.pi)), -1, low)
        low, high = function_error(low, high, p, PERIODIC_UNITS)
        return Enclosure.of(function(a.mid), np.maximum(low, -1), np.minimum(high, 1), p)

    return apply


UFUNCS["sin"], UFUNCS["cos"] = _wave(np.sin, np.pi / 2), _wave(np.cos, 0.0)


@rule(np.cosh)
def _cosh(a: Enclosure) -> Enclosure:
    (a,) = together(a)
    size, p = _absolute(a), a.precision
    low, high = outward(np.cosh(size.low), np.cosh(size.high), p, OWN_UNITS)
    return Enclosure.of(np.cosh(a.mid), *function_error(low, high, p, 8), p)


@rule(np.hypot)
def _hypot(a: Any, b: Any) -> Enclosure:
    a, b = map(_absolute, together(a, b))
    p = a.precision
    low, high = outward(np.hypot(a.low, b.low), np.hypot(a.high, b.high), p, OWN_UNITS)
    return Enclosure.of(np.hypot(a.mid, b.mid), *function_error(low, high, p, 8), p)


@rule(np.power, np.float_power)
def _power(a: Any, b: Any) -> Enclosure:
    quick = {2: _square, 0.5: _sqrt, -1: _reciprocal, 1: _positive}
    if isinstance(a, Enclosure) and isinstance(b, int | float) and b in quick:
        return quick[b](a)
    a, b = together(a, b)
    p, whole = a.precision, (b.low == b.high) & (b.low == np.rint(b.low))
    low, high = _corners(np.power, a, b)
    through = (a.low < 0) & (a.high > 0)
    low = np.where(through & whole & (b.low > 0), np.minimum(low, 0), low)  # an even power is least at 0
    bad = ((a.low < 0) & ~whole) | ((a.low <= 0) & (a.high >= 0) & (b.low < 0))
    low, high = np.where(bad, np.nan, low), np.where(bad, np.nan, high)
    one = _is_zero(b) | _is_zero(a) | ((a.low == 1) & (a.high == 1))
    low, high = outward(*_underflowed(low, high, one, p), p, OWN_UNITS)
    low, high = function_error(low, high, p, 9)
    return Enclosure.of(np.power(a.mid, b.mid), low, high, p)


def _logaddexp(a: Any, b: Any) -> Any:
    """max + log(1 + exp(-distance)), as every library has it."""
    a, b = together(a, b)
    return np.maximum(a, b) + np.log1p(np.exp(-np.abs(a - b)))


UFUNCS["logaddexp"] = _logaddexp


def _xlogy(a: Any, b: Any) -> Any:
    """a log b, 0 where a is."""
    a, b = together(a, b)
    return np.where(_is_zero(a), a, a * np.log(b))


UFUNCS["xlogy"] = _xlogy
UFUNCS["log_expit"] = lambda a: np.minimum(a, 0) - np.log1p(np.exp(-np.abs(a)))
UFUNCS["entr"] = lambda a: -_xlogy(a, a)
UFUNCS["rel_entr"] = lambda a, b: _xlogy(a, a / b)


@rule(np.fmod, np.remainder)
def _remainder(a: Any, b: Any) -> Enclosure:
    raise NoRuleError("numpy.remainder and fmod jump where rounding reaches a multiple; they have no rounding rule")
