"""`Enclosure`: an array that holds, for each element, an interval of everything that a precision may compute.

The interval also holds the exact result of the formula on the given inputs. `mid` is the formula's value in more
digits. Passed to a formula in place of an ndarray, it goes through the same NumPy calls.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..array_methods import ArrayMethods
from .precision import DOUBLE, FORMATS, Format, Precision, format_of
from .record import Record
from .rules import FUNCTIONS, REDUCTIONS, UFUNCS, NoRuleError, refused

Array = np.ndarray[Any, Any]
_precision: ContextVar[Precision] = ContextVar("precision")
record: ContextVar[Record | None] = ContextVar("record", default=None)
noise: ContextVar[tuple[np.random.Generator, float] | None] = ContextVar("noise", default=None)
"""To disturb what each operation gives by a random share of this size, in place of rounding it."""
WITHOUT_ROUNDING = {
    "maximum", "minimum", "fmax", "fmin", "negative", "positive", "conjugate", "absolute", "fabs", "sign", "floor",
    "ceil", "trunc", "rint", "heaviside", "clip",
}  # fmt: skip
BOOL = np.dtype(bool)
REDUCED_BY = {
    "add": np.sum, "multiply": np.prod, "maximum": np.max, "minimum": np.min,
    "logical_or": np.any, "logical_and": np.all,
}  # fmt: skip


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Let plain arrays become Enclosures of this precision where a formula needs them."""
    token = _precision.set(precision)
    try:
        yield
    finally:
        _precision.reset(token)


class Enclosure(ArrayMethods, NDArrayOperatorsMixin):
    """mid, low, high: arrays of one shape, or truth values. Every result that is allowed is in [low, high]."""

    __slots__ = ("high", "low", "made", "mid", "precision")
    __array_priority__ = 100

    mid: Any
    low: Any
    high: Any
    precision: Precision
    made: Any

    def __init__(self, value: Any, error: Any = 0.0) -> None:
        """Enclose numbers of the current precision, each at most `error` off."""
        own = enclosed(value, _precision.get())
        self.mid, self.precision, self.made = own.mid, own.precision, None
        self.low, self.high = own.low, own.high
        if np.any(error):
            self.low, self.high = own.low - error, own.high + error

    @classmethod
    def of(cls, mid: Any, low: Any, high: Any, precision: Precision, made: Any = None) -> "Enclosure":
        """Return an Enclosure of these parts; where one is NaN, nothing is known."""
        own = cls.__new__(cls)
        mid = np.asarray(mid)
        if mid.dtype != BOOL:
            work = precision.work
            mid, low, high = (np.asarray(part, work) for part in (mid, low, high))
            lost = np.isnan(low) | np.isnan(high)
            if not precision.format.infinite:  # an overflow may be NaN
                lost |= np.isinf(low) | np.isinf(high)
            if lost.any():
                low, high = np.where(lost, -np.inf, low), np.where(lost, np.inf, high)
            low, high = np.fmin(low, mid), np.fmax(high, mid)
        own.mid, own.low, own.high, own.precision, own.made = mid, low, high, precision, made
        return own

    @classmethod
    def rounded(cls, mid: Any, low: Any, high: Any, precision: Precision) -> "Enclosure":
        """Return an Enclosure of an exact operation's results in [low, high], rounded to the format."""
        return cls.of(mid, *precision.rounded(low, high), precision)

    # ---- what a formula may ask of an array ----

    shape = property(lambda self: self.mid.shape)
    ndim = property(lambda self: self.mid.ndim)
    size = property(lambda self: self.mid.size)
    nbytes = property(lambda self: self.mid.size * self.dtype.itemsize)
    dtype = property(lambda self: BOOL if self.is_bool else self.precision.dtype)
    is_bool = property(lambda self: self.mid.dtype == BOOL)
    value = property(lambda self: self.mid)
    real = property(lambda self: self)

    @property
    def error(self) -> Any:
        """Largest distance from mid, in float64."""
        with np.errstate(all="ignore"):
            return np.maximum(self.high - self.mid, self.mid - self.low).astype(DOUBLE) * (1 + 2.0**-50)

    @property
    def size_of(self) -> Any:
        """Largest magnitude, in float64."""
        with np.errstate(all="ignore"):
            return np.maximum(np.abs(self.low), np.abs(self.high)).astype(DOUBLE) * (1 + 2.0**-50)

    @property
    def T(self) -> "Enclosure":
        return self.each(np.transpose)

    mT = property(lambda self: self.each(lambda part: np.swapaxes(part, -1, -2)))

    def each(self, function: Any, *arguments: Any, **options: Any) -> "Enclosure":
        """Apply a function that only moves elements, or that never decreases and does not round."""
        mid, low, high = (function(part, *arguments, **options) for part in (self.mid, self.low, self.high))
        return Enclosure.of(mid, low, high, self.precision, self.made)

    @property
    def open(self) -> Any:
        """Where nothing is known: NaN is allowed too."""
        return False if self.is_bool else np.isneginf(self.low) & np.isposinf(self.high)

    def opened(self, where: Any) -> "Enclosure":
        """Return the numbers with nothing known there."""
        if self.is_bool or not np.any(where):
            return self
        low, high = np.where(where, -np.inf, self.low), np.where(where, np.inf, self.high)
        return Enclosure.of(self.mid, low, high, self.precision, self.made)

    @property
    def doubtful(self) -> Any:
        """Where low and high differ."""
        return self.low != self.high

    def decided(self, what: str) -> Array:
        """Return the truth values; raise NoRuleError if rounding may turn one."""
        if self.doubtful.any():
            where = tuple(int(i) for i in np.argwhere(self.doubtful)[0])
            raise NoRuleError(f"{what} depends on a comparison that rounding may turn, at {list(where)}; use np.where")
        return self.mid

    def __len__(self) -> int:
        return len(self.mid)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        truth = self if self.is_bool else self != 0
        return bool(truth.decided("a branch") if isinstance(truth, Enclosure) else truth)

    def __getitem__(self, index: Any) -> "Enclosure":
        index = _decided_index(index)
        return self.each(lambda part: part[index])

    def __setitem__(self, index: Any, given: Any) -> None:
        own, index = cast(enclosed(given, self.precision), self.precision.format), _decided_index(index)
        for name in ("mid", "low", "high"):
            part = np.array(getattr(self, name))
            part[index] = getattr(own, name)
            setattr(self, name, part)

    def reshape(self, *shape: Any, order: Any = "C") -> "Enclosure":
        return self.each(np.reshape, shape[0] if len(shape) == 1 else shape, order=order)

    def astype(self, dtype: Any, copy: bool = True, **_: Any) -> Any:
        """Cast. To another format rounds to it; to integers if rounding cannot change them."""
        kind = getattr(np.dtype(dtype), "kind", "f") if not isinstance(dtype, str) or dtype not in FORMATS else "f"
        if kind in "iub":
            low, high = (part.astype(dtype) for part in (self.low, self.high))
            if kind == "b":
                return Enclosure.of(self.mid.astype(bool), low & high, low | high, self.precision)
            if (low != high).any():
                raise NoRuleError(f"a cast to {np.dtype(dtype).name} depends on rounding; use np.floor or np.rint")
            return low
        return cast(self, format_of(dtype))

    def copy(self) -> "Enclosure":
        return self.each(np.copy)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        return FUNCTIONS[np.any](self, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        return FUNCTIONS[np.all](self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        return FUNCTIONS[np.argmax](self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Any:
        return FUNCTIONS[np.argmin](self, axis=axis, keepdims=keepdims)

    def item(self) -> Any:
        raise NoRuleError("item() drops the bounds; let the formula return the array")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NoRuleError(
            "a formula must use its arguments as they come: np.asarray, math functions, or writing into an array of "
            "np.zeros drop the bounds; use np.stack, np.concatenate or np.zeros_like(x)"
        )

    __float__ = __array__
    __int__ = __array__
    __hash__ = None  # type: ignore[assignment]

    # ---- NumPy's protocols ----

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method in ("reduce", "accumulate") and ufunc.__name__ in REDUCED_BY:
            options.pop("dtype", None) if options.get("dtype") is None else None
            if method == "reduce" and "axis" not in options and len(inputs) == 1:
                options["axis"] = 0
            function = REDUCED_BY[ufunc.__name__] if method == "reduce" else np.cumsum
            if method == "reduce" or ufunc is np.add:
                return _store(FUNCTIONS[function](*inputs, **options), out)
        own = {"__call__": UFUNCS, "reduce": REDUCTIONS}.get(method, {}).get(ufunc.__name__)
        if own is None:
            raise refused(ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}")
        if (where := options.pop("where", True)) is not True:
            raise refused(f"{ufunc.__name__} with where=", f"received {type(where).__name__}, use np.where")
        options.pop("casting", None)
        if options.get("dtype") is not None:
            inputs = tuple(_cast_input(given, options["dtype"]) for given in inputs)
        options.pop("dtype", None)
        with np.errstate(all="ignore"):
            result = own(*inputs, **options)
        if isinstance(result, Enclosure) and method == "__call__":
            if ufunc.__name__ not in ("fmax", "fmin"):
                for given in inputs:
                    result = result.opened(given.open) if isinstance(given, Enclosure) else result
            noted(ufunc.__name__, result, inputs)
        return _store(result, out)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in FUNCTIONS:
            module = function.__module__.removeprefix("numpy").removeprefix(".")
            raise refused(f"{module}.{function.__name__}".lstrip("."))
        out = kwargs.pop("out", None)
        with np.errstate(all="ignore"):
            return _store(FUNCTIONS[function](*args, **kwargs), out)

    def __repr__(self) -> str:
        return f"Enclosure({self.mid}, low={self.low}, high={self.high}, {self.precision.name})"


def noted(name: str, result: Enclosure, inputs: Any) -> None:
    """Remember how a result was made, and what the operation did to the bounds."""
    before = tuple(given.made[0] if isinstance(given, Enclosure) and given.made else "" for given in inputs)
    result.made = (name, before)
    if (disturbed := noise.get()) is not None and name not in WITHOUT_ROUNDING and not result.is_bool:
        rng, size = disturbed
        result.mid = result.mid * (1 + size * rng.uniform(-1, 1, result.shape)).astype(result.mid.dtype)
        result.low = result.high = result.mid
    if (own := record.get()) is not None and not result.is_bool:
        own.note(name, before, result, [given for given in inputs if isinstance(given, Enclosure)])


def _decided_index(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(_decided_index(part) for part in index)
    return index.decided("an index") if isinstance(index, Enclosure) else index


def _cast_input(given: Any, dtype: Any) -> Any:
    return given.astype(dtype) if isinstance(given, Enclosure) else given


def _store(result: Any, out: Any) -> Any:
    """Write into the Enclosure given as `out=`. A plain array gets NaN, because it cannot hold bounds."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return result
    if isinstance(target, Enclosure):
        result = cast(result, target.precision.format) if not result.is_bool else result
        for name in ("mid", "low", "high"):
            setattr(target, name, np.broadcast_to(getattr(result, name), target.shape))
        target.made = result.made
        return target
    if target.dtype.kind == "f":
        target[...] = np.nan
    return result


def cast(a: Enclosure, format: Format) -> Enclosure:
    """Return the numbers in another format, rounded if it is narrower."""
    own = a.precision.in_format(format)
    if a.precision.exact or a.is_bool or format is a.precision.format:
        return a
    parts = [part.astype(own.work) for part in (a.mid, a.low, a.high)]
    wider = format.bits >= a.precision.format.bits and format.lowest <= a.precision.format.lowest
    if a.precision.work != own.work and own.work == DOUBLE:
        parts[1:] = np.nextafter(parts[1], -np.inf), np.nextafter(parts[2], np.inf)
    mid, low, high = parts
    if not wider:
        low, high = own.snapped(low, high)
    return Enclosure.of(mid, low, high, own, a.made)


def enclosed(given: Any, precision: Precision) -> Enclosure:
    """Return numbers as an Enclosure: as they are, and rounded to the format if it does not hold them."""
    if isinstance(given, Enclosure):
        return given
    array = np.asarray(given)
    if array.dtype == BOOL:
        return Enclosure.of(array, array, array, precision)
    if array.dtype.kind not in "iuf" and array.dtype.name not in FORMATS:
        raise NoRuleError(f"a formula takes real numbers; received {array.dtype}")
    wide = array.astype(precision.work)
    with np.errstate(all="ignore"):
        return Enclosure.of(wide, *precision.snapped(wide, wide), precision)


def together(*given: Any) -> list[Enclosure]:
    """Return operands as Enclosures of one precision, the widest of theirs."""
    own = [x.precision for x in given if isinstance(x, Enclosure) and not x.is_bool]
    best = max(own, key=lambda p: (p.format.bits, -p.format.lowest)) if own else _context(given)
    if any(p.exact for p in own):
        best = next(p for p in own if p.exact)
    elif any(p.format.lowest < best.format.lowest for p in own):  # bfloat16 and float16 meet in float32
        best = best.in_format(FORMATS["float32"])
    return [_numbers(cast(enclosed(x, best), best.format)) for x in given]


def _context(given: Any) -> Precision:
    bools = [x.precision for x in given if isinstance(x, Enclosure)]
    return bools[0] if bools else _precision.get()


def _numbers(x: Enclosure) -> Enclosure:
    if not x.is_bool:
        return x
    mid, low, high = (part.astype(x.precision.work) for part in (x.mid, x.low, x.high))
    return Enclosure.of(mid, low, high, x.precision)
