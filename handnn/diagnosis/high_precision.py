"""A user's own NumPy function in 60 digits: is it the formula that is wrong, or only its rounding?

mpmath's numbers in an object array go through the same NumPy calls as floats: NumPy asks the elements for `exp`, `log`,
`tanh`, ... A function that insists on floats (math.exp, scipy.special) refuses them; then longdouble is tried.
"""

import numbers
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np

from ..core.variable import Array

DIGITS = 60
LARGEST = 64
"""Powers of numbers above 2^64 are infinite or 0: their digits would fill the memory."""

context = mpmath.MPContext()
context.dps, context.trap_complex = DIGITS, True
Precise: Any = context.mpf
"""A number of 60 digits. It refuses to become a float, so that nothing rounds it unseen."""
numbers.Number.register(Precise)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with infinity or NaN, as floats have them, in place of exceptions."""

    def guarded(*given: Any) -> Any:
        try:
            return function(*given)
        except ZeroDivisionError:
            return context.inf * given[0]  # a method of division: the numerator comes first
        except (ValueError, mpmath.libmp.ComplexResult):
            return context.nan

    return guarded


def _large(x: Any) -> bool:
    return bool(context.isfinite(x)) and x != 0 and context.mag(x) > LARGEST


def _exp(x: Any) -> Any:
    return context.exp(x) if not _large(x) else context.inf if x > 0 else context.zero


def _power(x: Any, y: Any) -> Any:
    x, y = Precise(x), Precise(y)
    if y == int(y) and abs(y) < LARGEST if context.isfinite(y) else False:
        if y < 0:
            return 1 / _power(x, -y)
        return context.make_mpf(mpmath.libmp.mpf_pow_int(x._mpf_, int(y), context.prec, "n"))
    return _exp(y * context.log(x)) if x > 0 else context.zero if x == 0 < y else context.nan


def _tanh(x: Any) -> Any:
    return context.tanh(x) if abs(x) < 4 * DIGITS else context.sign(x) + x * 0


def _turned(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: function(x) if not context.isfinite(x) or x == 0 or context.mag(x) < 1000 else context.nan


def _refused(self: Any) -> float:
    raise TypeError("a number of 60 digits is not rounded to a float")


METHODS: dict[str, Callable[..., Any]] = {
    "exp": _exp,
    "exp2": lambda x: _power(2, x),
    "expm1": lambda x: context.expm1(x) if not _large(x) else _exp(x) - 1,
    "log": context.log,
    "log2": lambda x: context.log(x, 2),
    "log10": context.log10,
    "log1p": context.log1p,
    "sqrt": context.sqrt,
    "tanh": _tanh,
    "sinh": lambda x: (_exp(x) - _exp(-x)) / 2 if abs(x) > 1 else context.sinh(x),
    "cosh": lambda x: (_exp(x) + _exp(-x)) / 2,
    "sin": _turned(context.sin),
    "cos": _turned(context.cos),
    "arctan": context.atan,
    "rint": context.nint,
    "__floor__": context.floor,
    "__ceil__": context.ceil,
    "hypot": lambda x, y: context.sqrt(x * x + y * y),
    "__pow__": _power,
    "__rpow__": lambda x, y: _power(y, x),
    "__truediv__": Precise.__truediv__,
    "__rtruediv__": lambda x, y: Precise(y) / x,
}
"""What NumPy asks the elements of an object array for."""
for _name, _method in METHODS.items():
    setattr(Precise, _name, _guarded(_method))
Precise.__float__ = _refused


class PreciseArray(np.ndarray[Any, Any]):
    """An object array whose elements stay Precise: a plain 0 that `np.where` or `np.maximum` puts in becomes one."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        given = [_lifted(value) for value in inputs]
        if method == "__call__" and ufunc in OF_FLOATS:
            return _wrapped(np.frompyfunc(OF_FLOATS[ufunc], ufunc.nin, 1)(*given))
        if out is not None:
            options["out"] = tuple(np.asarray(target) for target in out)
        return _wrapped(getattr(ufunc, method)(*given, **options))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _wrapped(super().__array_function__(function, types, args, kwargs))


def _log_add_exp(a: Any, b: Any) -> Any:
    low, high = sorted((Precise(a), Precise(b)))
    return high + (low - high).exp().log1p()


OF_FLOATS: dict[Any, Callable[..., Any]] = {
    np.logaddexp: _log_add_exp,
    np.isnan: lambda x: bool(context.isnan(x)),
    np.isinf: lambda x: bool(context.isinf(x)),
    np.isfinite: lambda x: bool(context.isfinite(x)),
}
"""What NumPy itself does for floats only."""


def _lifted(value: Any) -> Any:
    """Return an operand for NumPy, every number of an object array Precise."""
    if not isinstance(value, np.ndarray) or value.dtype != object:
        return value
    return np.frompyfunc(lambda x: x if isinstance(x, Precise | bool) else Precise(x), 1, 1)(np.asarray(value))


def _wrapped(result: Any) -> Any:
    if not isinstance(result, np.ndarray):
        return result
    if result.dtype == object and result.size and all(isinstance(x, bool) for x in result.flat):
        return result.astype(bool)
    return result.view(PreciseArray) if result.dtype == object else np.asarray(result)


def precise(array: Any) -> Array:
    """Return floats as an array of Precise numbers; integers stay as they are."""
    given = np.asarray(array)
    if given.dtype.kind != "f":
        return given
    found = np.empty(given.shape, object)
    for index in np.ndindex(given.shape):
        found[index] = Precise(float(given[index]))
    return found.view(PreciseArray)


def rounded(result: Any) -> Array:
    """Return an array of Precise numbers as float64."""
    given = np.asarray(result)
    if given.dtype != object:
        return given.astype("float64")
    found = np.empty(given.shape)
    for index in np.ndindex(given.shape):
        found[index] = mpmath.libmp.to_float(Precise(given[index])._mpf_, rnd="n")
    return found


class Extended(NamedTuple):
    """What a function gives in more digits; `resolution` times the largest number may be lost all the same."""

    values: Array
    resolution: float

    def near(self, right: Array, allowed: Array, *arguments: Array) -> Any:
        """Return where it is the right result."""
        floats = [a[np.isfinite(a)] for a in arguments if a.dtype.kind == "f"]
        size = max(1.0, *(float(np.abs(a).max(initial=0.0)) for a in floats))
        with np.errstate(invalid="ignore"):
            return np.abs(self.values - right) <= allowed + self.resolution * size


def extended(function: Callable[..., Any], *arguments: Array, dtype: str) -> Extended | None:
    """Return function(*arguments) computed with more digits than dtype has, in float64; None if it cannot be.

    60 digits where the function takes them, else longdouble, else, for float32, float64. A function that rounds its
    arguments again gives the numbers that it gives in dtype: those count as none.
    """
    with np.errstate(all="ignore"):
        try:
            found = np.asarray(function(*[precise(argument) for argument in arguments]))
            if found.dtype == object:
                return Extended(rounded(found), 10.0 ** (15 - DIGITS))
        except Exception:  # whatever a user's code raises: it takes no such numbers
            pass
    own = _in_dtype(function, arguments, np.dtype(dtype))
    for wider in (np.dtype(np.longdouble), np.dtype("float64")):
        if np.finfo(wider).eps >= np.finfo(dtype).eps:
            continue
        result = _in_dtype(function, arguments, wider)
        if result is not None and not (own is not None and np.array_equal(own, result, equal_nan=True)):
            return Extended(result, 64 * float(np.finfo(wider).eps))
    return None


def _in_dtype(function: Callable[..., Any], arguments: tuple[Array, ...], dtype: Any) -> Array | None:
    """Return function(*arguments) with the arguments in dtype, as float64; None if it raises."""
    with np.errstate(all="ignore"):
        try:
            given = [a.astype(dtype) if a.dtype.kind == "f" else a for a in map(np.asarray, arguments)]
            return np.asarray(function(*given)).astype("float64")
        except Exception:  # whatever a user's code raises
            return None
