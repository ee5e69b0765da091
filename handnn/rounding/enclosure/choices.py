"""Rules of comparisons, truth values and choices: where rounding may turn a comparison, both choices are allowed."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import BOOL, Enclosure, enclosed, together
from .precision import Precision
from .rules import UFUNCS, NoRuleError, rule


def truth(low: Any, high: Any, mid: Any, p: Precision) -> Any:
    """Return truth values: plain if rounding turns none."""
    return np.asarray(mid) if np.array_equal(low, high) else Enclosure.of(mid, low, high, p)


def _compared(surely: Any, perhaps: Any) -> Callable[[Any, Any], Any]:
    def own(a: Any, b: Any) -> Any:
        a, b = together(a, b)
        return truth(surely(a, b), perhaps(a, b), perhaps(_middle(a), _middle(b)), a.precision)

    return own


def _middle(a: Enclosure) -> Enclosure:
    return Enclosure.of(a.mid, a.mid, a.mid, a.precision)


UFUNCS["less"] = _compared(lambda a, b: a.high < b.low, lambda a, b: a.low < b.high)
UFUNCS["less_equal"] = _compared(lambda a, b: a.high <= b.low, lambda a, b: a.low <= b.high)
UFUNCS["greater"] = lambda a, b: UFUNCS["less"](b, a)
UFUNCS["greater_equal"] = lambda a, b: UFUNCS["less_equal"](b, a)
UFUNCS["equal"] = _compared(
    lambda a, b: (a.low == a.high) & (b.low == b.high) & (a.low == b.low),
    lambda a, b: (a.low <= b.high) & (b.low <= a.high),
)


@rule(np.not_equal)
def _not_equal(a: Any, b: Any) -> Any:
    found = UFUNCS["equal"](a, b)
    return _not(found) if isinstance(found, Enclosure) else ~found


def _parts_of_truth(a: Any) -> tuple[Any, Any, Any]:
    own: Any = a if not isinstance(a, Enclosure) or a.is_bool else _not_equal(a, 0)
    return (own.mid, own.low, own.high) if isinstance(own, Enclosure) else (np.asarray(own, BOOL),) * 3


def _logical(function: Any) -> Callable[..., Any]:
    def own(a: Any, b: Any) -> Any:
        (x, x_low, x_high), (y, y_low, y_high) = _parts_of_truth(a), _parts_of_truth(b)
        p = next(given.precision for given in (a, b) if isinstance(given, Enclosure))
        return truth(function(x_low, y_low), function(x_high, y_high), function(x, y), p)

    return own


UFUNCS["bitwise_and"] = UFUNCS["logical_and"] = _logical(np.logical_and)
UFUNCS["bitwise_or"] = UFUNCS["logical_or"] = _logical(np.logical_or)


@rule(np.invert, np.logical_not)
def _not(a: Enclosure) -> Any:
    mid, low, high = _parts_of_truth(a)
    return truth(~high, ~low, ~mid, a.precision)


@rule(np.isfinite)
def _isfinite(a: Enclosure) -> Any:
    known = np.isfinite(a.low) & np.isfinite(a.high)
    sure = known | ((a.low == a.high) & np.isinf(a.low))
    return truth(known & sure, known | ~sure, np.isfinite(a.mid), a.precision)


@rule(np.isnan)
def _isnan(a: Enclosure) -> Any:
    open_ = (a.low == -np.inf) & (a.high == np.inf)
    return truth(np.zeros(a.shape, bool), open_, np.isnan(a.mid), a.precision)


def _chosen(condition: Any, a: Any, b: Any) -> Enclosure:
    a, b = together(a, b)
    mid, low, high = _parts_of_truth(condition)
    either = low != high
    found = np.where(mid, a.mid, b.mid)
    low, high = np.where(mid, a.low, b.low), np.where(mid, a.high, b.high)
    if either.any():
        low, high = np.where(either, np.minimum(a.low, b.low), low), np.where(either, np.maximum(a.high, b.high), high)
    return Enclosure.of(found, low, high, a.precision)


@rule(np.where)
def _where(condition: Any, a: Any, b: Any) -> Enclosure:
    """Where rounding may turn the condition, both are allowed."""
    found = _chosen(condition, a, b)
    names = [x.made[0] if isinstance(x, Enclosure) and x.made else "" for x in (a, b)]
    found.made = ("where", tuple(names))
    return found


@rule(np.clip)
def _clip(a: Any, low: Any = None, high: Any = None, **limits: Any) -> Any:
    low, high = limits.get("min", limits.get("a_min", low)), limits.get("max", limits.get("a_max", high))
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


UFUNCS["clip"] = _clip


@rule(np.nan_to_num)
def _nan_to_num(a: Enclosure, *_: Any, **__: Any) -> Enclosure:
    if not np.isfinite(a.low).all() or not np.isfinite(a.high).all():
        raise NoRuleError("numpy.nan_to_num would hide an overflow that rounding allows; it has no rounding rule there")
    return a


@rule(np.copyto)
def _copyto(target: Enclosure, source: Any) -> None:
    own = enclosed(source, target.precision)
    for name in ("mid", "low", "high"):
        setattr(target, name, np.array(np.broadcast_to(getattr(own, name), target.shape)))
