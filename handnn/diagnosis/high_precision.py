"""A user's own NumPy function in 60 digits: is it the formula that is wrong, or only its rounding?

`Precise` numbers in an object array go through the same NumPy calls as floats: NumPy asks the elements for `exp`,
`log`, `tanh`, ... A function that insists on floats (math.exp, scipy.special) refuses them; then longdouble is tried.
"""

import decimal
import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array

DIGITS = 60
CONTEXT = decimal.Context(prec=DIGITS, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])
"""No traps: what overflows is infinite, as in floats."""


class Precise:
    """A number of 60 digits. It has no __float__, so that nothing rounds it unseen."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: Decimal = _decimal(value)

    def __add__(self, other: Any) -> "Precise":
        return Precise(self.value + _decimal(other))

    def __sub__(self, other: Any) -> "Precise":
        return Precise(self.value - _decimal(other))

    def __rsub__(self, other: Any) -> "Precise":
        return Precise(_decimal(other) - self.value)

    def __mul__(self, other: Any) -> "Precise":
        return Precise(self.value * _decimal(other))

    def __truediv__(self, other: Any) -> "Precise":
        return Precise(self.value / _decimal(other))

    def __rtruediv__(self, other: Any) -> "Precise":
        return Precise(_decimal(other) / self.value)

    def __pow__(self, other: Any) -> "Precise":
        return Precise(_power(self.value, _decimal(other)))

    def __rpow__(self, other: Any) -> "Precise":
        return Precise(_power(_decimal(other), self.value))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Precise":
        return Precise(self.value.copy_negate())

    def __pos__(self) -> "Precise":
        return self

    def __abs__(self) -> "Precise":
        return Precise(self.value.copy_abs())

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _decimal(other))

    def __ne__(self, other: object) -> bool:
        return bool(self.value != _decimal(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < _decimal(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= _decimal(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > _decimal(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= _decimal(other))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return f"Precise({self.value})"

    # ---- what NumPy asks the elements of an object array for -----------------------------------------

    def conjugate(self) -> "Precise":
        return self

    def sqrt(self) -> "Precise":
        return Precise(self.value.sqrt())

    def exp(self) -> "Precise":
        return Precise(self.value.exp())

    def exp2(self) -> "Precise":
        return Precise(_power(Decimal(2), self.value))

    def log(self) -> "Precise":
        return Precise(self.value.ln())

    def log2(self) -> "Precise":
        return Precise(self.value.ln() / Decimal(2).ln())

    def log10(self) -> "Precise":
        return Precise(self.value.log10())

    def expm1(self) -> "Precise":
        return Precise(_near_0(self.value, lambda x: x.exp() - 1, 1))

    def log1p(self) -> "Precise":
        return Precise(_near_0(self.value, lambda x: (1 + x).ln(), -1))

    def tanh(self) -> "Precise":
        if abs(self.value) > 200:  # 1 - tanh is below the last digit
            return Precise(Decimal(1).copy_sign(self.value))
        up = _near_0(2 * self.value, lambda x: x.exp() - 1, 1)
        return Precise(up / (up + 2))

    def sinh(self) -> "Precise":
        up = self.expm1().value
        return Precise((up + up / (1 + up)) / 2)

    def cosh(self) -> "Precise":
        up = self.value.exp()
        return Precise((up + 1 / up) / 2)

    def sin(self) -> "Precise":
        return Precise(_sine(self.value, 0))

    def cos(self) -> "Precise":
        return Precise(_sine(self.value, 1))

    def hypot(self, other: Any) -> "Precise":
        b = _decimal(other)
        return Precise((self.value * self.value + b * b).sqrt())


def _decimal(value: Any) -> Decimal:
    if isinstance(value, Precise):
        return value.value
    if isinstance(value, Decimal):
        return value
    if isinstance(value, np.bool_):
        return Decimal(int(value))
    if isinstance(value, int | np.integer):
        return Decimal(int(value))
    if isinstance(value, float | np.floating):
        return Decimal(float(value))
    raise TypeError(f"{type(value).__name__} is no real number")


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if exponent == exponent.to_integral_value() and abs(exponent) < 64:
        whole = int(exponent)
        product = Decimal(1)
        for _ in range(abs(whole)):
            product *= base
        return product if whole >= 0 else 1 / product
    return base**exponent


@functools.cache
def _pi(digits: int) -> Decimal:
    """Return pi by Machin's formula, 16 arctan(1/5) - 4 arctan(1/239)."""
    with decimal.localcontext() as context:
        context.prec = digits + 5

        def arctan_of_inverse(n: int) -> Decimal:
            power = total = Decimal(1) / n
            k = 1
            while power.adjusted() > -digits - 5:
                power /= -n * n
                k += 2
                total += power / k
            return total

        return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def _sine(x: Decimal, quarters: int) -> Decimal:
    """Return sin(x + quarters pi/2): x is brought into [-pi, pi] with more digits for larger x, then Taylor."""
    if not x.is_finite() or x.adjusted() > MOST_TURNS:
        return Decimal("NaN")
    with decimal.localcontext() as context:
        context.prec = DIGITS + 10 + max(0, x.adjusted())
        turn = 2 * _pi(context.prec)
        angle = (x + quarters * turn / 4) if quarters else x
        angle -= turn * (angle / turn).to_integral_value()
        term, total, k = angle, angle, 1
        while term and term.adjusted() > angle.adjusted() - DIGITS - 5:
            k += 2
            term *= -angle * angle / (k * (k - 1))
            total += term
    return +total


MOST_TURNS = 200
"""The power of ten up to which an angle is brought back into one turn."""


def _near_0(x: Decimal, function: Callable[[Decimal], Decimal], sign: int) -> Decimal:
    """Return exp(x) - 1 or log(1 + x), which cancel near 0: with more digits, or as x + sign x^2/2 where x is tiny."""
    if not x or not x.is_finite():
        return x if not x else function(x)
    if x.adjusted() < -DIGITS // 2:
        return x + sign * x * x / 2
    with decimal.localcontext() as context:
        context.prec = DIGITS + max(0, -x.adjusted())
        found = function(x)
    return +found


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


def _log_add_exp(a: Any, b: Any) -> Precise:
    one, other = Precise(a), Precise(b)
    high, low = (one, other) if one > other else (other, one)
    return high + (low - high).exp().log1p()


OF_FLOATS: dict[Any, Callable[..., Any]] = {
    np.logaddexp: _log_add_exp,
    np.isnan: lambda x: x.value.is_nan(),
    np.isinf: lambda x: x.value.is_infinite(),
    np.isfinite: lambda x: x.value.is_finite(),
}
"""What NumPy itself does for floats only."""


def _lifted(value: Any) -> Any:
    """Return an operand for NumPy, every number of an object array Precise."""
    if not isinstance(value, np.ndarray) or value.dtype != object:
        return value
    plain = np.asarray(value)
    return np.frompyfunc(lambda x: x if isinstance(x, Precise | bool) else Precise(x), 1, 1)(plain)


def _wrapped(result: Any) -> Any:
    if isinstance(result, np.ndarray):
        truth = result.dtype == object and result.size and all(isinstance(x, bool) for x in result.flat)
        if truth:
            return result.astype(bool)
        return result.view(PreciseArray) if result.dtype == object else np.asarray(result)
    return result


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
        found[index] = float(_decimal(given[index]))
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
    with decimal.localcontext(CONTEXT), np.errstate(all="ignore"):
        try:
            found = np.asarray(function(*[precise(argument) for argument in arguments]))
            if found.dtype == object:
                return Extended(rounded(found), 10.0 ** (15 - DIGITS))
        except Exception:  # whatever a user's code raises: it takes no such numbers
            pass
    own = rounded_call(function, arguments, np.dtype(dtype))
    for wider in (np.dtype(np.longdouble), np.dtype("float64")):
        if np.finfo(wider).eps >= np.finfo(dtype).eps:
            continue
        result = rounded_call(function, arguments, wider)
        if result is not None and not (own is not None and np.array_equal(own, result, equal_nan=True)):
            return Extended(result, 64 * float(np.finfo(wider).eps))
    return None


def rounded_call(function: Callable[..., Any], arguments: tuple[Array, ...], dtype: Any) -> Array | None:
    """Return function(*arguments) with the arguments in dtype, as float64; None if it raises."""
    with np.errstate(all="ignore"):
        try:
            given = [a.astype(dtype) if a.dtype.kind == "f" else a for a in map(np.asarray, arguments)]
            return np.asarray(function(*given)).astype("float64")
        except Exception:  # whatever a user's code raises
            return None
