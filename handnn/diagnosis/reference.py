"""What a user's activation is held against: handnn's own formula with its rounding, or the user's forward function.

Both answer `forward(z)` and `backward(upstream, z)` with values in float64 and the allowance for a computation in the
user's dtype.
"""

import copy
import inspect
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import activations
from ..activations import Activation
from ..activations.base import without_defaults
from ..core.variable import Array
from ..rounding import allowance
from ..rounding.bounded import Bounded

SAFETY = 8.0
"""A user's formula may round several times where handnn's rounds once."""


class Expected(NamedTuple):
    """Right values in float64, and how far a computation in the user's dtype may lie from them."""

    value: Array
    allowed: Array

    def off(self, mine: Array) -> Array:
        """Return where `mine` is not it; where the right value is infinite anything goes."""
        with np.errstate(invalid="ignore"):
            fits = np.abs(mine - self.value) <= self.allowed
        return ~fits & np.isfinite(self.value)


def bounded(value: Array, error: Any, dtype: str) -> Expected:
    """Return an Expected with the allowance of two computations whose errors are each at most `error`."""
    u = allowance.unit_roundoff(dtype)
    value = np.where(
        np.abs(value) > np.finfo(dtype).max, np.copysign(np.inf, value), value + 0
    )  # what dtype cannot hold
    with np.errstate(invalid="ignore"):
        return Expected(value, SAFETY * allowance.of(error + u * np.abs(value), dtype))


class Reference:
    """An activation of handnn, which is proved against TensorFlow."""

    def __init__(self, entry: Activation) -> None:
        self.entry = entry

    kinks = property(lambda self: tuple(self.entry.kinks))
    elementwise = property(lambda self: self.entry.elementwise)

    def forward(self, z: Array, dtype: str) -> Expected:
        own = z.astype(dtype)
        with np.errstate(all="ignore"):
            value = np.asarray(self.entry.forward(own.astype("float64")))
            rounding = self.entry.forward(Bounded(own))  # type: ignore[arg-type]
        return self._known(value, rounding, own, dtype)

    def backward(self, upstream: Array, z: Array, dtype: str) -> Expected:
        own, wide, up = z.astype(dtype), z.astype("float64"), upstream.astype("float64")
        with np.errstate(all="ignore"):
            value = np.asarray(self.entry.backward(up, wide, self.entry.forward(wide)))
            exact: Any = Bounded(own)
            rounding = self.entry.backward(upstream.astype(dtype), exact, self.entry.forward(exact))
            if isinstance(rounding, Bounded) and self.kinks:
                a: Any = Bounded(self.entry.forward(own))
                decided = self.entry.backward(upstream.astype(dtype), exact, a)
                doubt = math.sqrt(allowance.unit_roundoff(dtype)) * (np.abs(up) + np.abs(value))
                sure = getattr(decided, "error", 0.0)  # a comparison with a that rounding of a might turn round
                rounding = Bounded(rounding.value, np.where(rounding.error > doubt, sure, rounding.error))
        return self._known(value, rounding, own, dtype)

    def _known(self, value: Array, rounding: Any, z: Array, dtype: str) -> Expected:
        """At a kink the value is that in the user's dtype, which may not hold the kink exactly."""
        error = rounding.error if isinstance(rounding, Bounded) else 0.0
        in_dtype = np.asarray(getattr(rounding, "value", rounding), "float64")
        if self.kinks and value.shape == z.shape:
            value = np.where(np.isin(z, np.asarray(self.kinks, dtype)), in_dtype, value)
        return bounded(value, error, dtype)


# ---- the same activation with other numbers in it -----------------------------------------------

CONSTANTS = (math.sqrt(0.5), math.sqrt(2 / math.pi), math.sqrt(2), math.log(2), math.pi)


def unrounded(entry: Any) -> Any:
    """Return the activation with the numbers that Keras holds in float32 (0.2, 0.044715) as they are written, or None.

    In float64 they are 1e-8 apart, and somebody who writes 0.2 is right.
    """
    twin, changed = copy.copy(entry), False
    held = {name: value for cls in reversed(type(entry).__mro__) for name, value in vars(cls).items()} | vars(entry)
    for name, value in held.items():
        part = not isinstance(value, type) and type(value).__module__.startswith(activations.__name__)
        if part and (inner := unrounded(value)) is not None:
            new: Any = inner
        elif isinstance(value, float) and (new := _written(value)) != value:
            pass
        elif name == "kinks" and tuple(map(_written, value)) != value:
            new = tuple(map(_written, value))
        else:
            continue
        setattr(twin, name, new)
        changed = True
    return twin if changed else None


def _written(value: float) -> float:
    """Return the number that somebody wrote and float32 rounded to this one."""
    if not math.isfinite(value) or float(np.float32(value)) != value:
        return value
    known = [c for c in CONSTANTS if float(np.float32(c)) == value]
    return known[0] if known else float(str(np.float32(value)))


PARAMETER_VALUES = (0.01, 0.1, 0.2, 0.3, 0.05, 0.001, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 6.0, 0.0, 1.702)


def arguments(entry: Activation) -> dict[str, Any]:
    """Return the constructor arguments of an activation with their values."""
    return {name: getattr(entry, name, None) for name in inspect.signature(type(entry)).parameters}


def usual(entry: Activation) -> Iterator[tuple[Activation, str]]:
    """Yield the activation with one argument changed to a usual value, and that in words."""
    for name, value in arguments(entry).items():
        numeric = name != "axis" and (value is None or isinstance(value, float | int))
        yield from _with(entry, name, (not value,) if isinstance(value, bool) else PARAMETER_VALUES * numeric)


def relatives(entry: Activation, z: Array, mine: Array) -> Iterator[tuple[Activation, str]]:
    """Yield the same, then with the value that gives `mine` at the z where the argument matters most."""
    yield from usual(entry)
    for name, value in arguments(entry).items():
        if isinstance(value, float | int) and not isinstance(value, bool) and name != "axis":
            yield from _with(entry, name, (_solved(entry, name, float(value), z, mine),))


def _with(entry: Activation, name: str, values: Iterable[Any]) -> Iterator[tuple[Activation, str]]:
    own = arguments(entry)
    for value in values:
        try:
            if value is not None and value != own[name]:
                yield type(entry)(**(own | {name: value})), f"{name}={value!r}"
        except ValueError:
            continue


def _solved(entry: Activation, name: str, start: float, z: Array, mine: Array) -> float | None:
    """Return the value of an argument that reproduces `mine`, by the secant method; rounded to what one would write."""
    own = arguments(entry)
    wide = z.astype("float64")

    def miss(value: float, at: Any = slice(None)) -> Array:
        return np.asarray(type(entry)(**(own | {name: value})).forward(wide), "float64")[at] - mine[at]

    try:
        with np.errstate(all="ignore"):
            x, y = start, start + 0.01 * (abs(start) or 1)
            worst = np.unravel_index(int(np.nanargmax(np.abs(miss(y) - miss(x)))), mine.shape)
            fx, fy = float(miss(x, worst)), float(miss(y, worst))
            for _ in range(40):
                if fx == fy:
                    break
                x, y, fx = y, y - fy * (y - x) / (fy - fx), fy
                fy = float(miss(y, worst))
    except (ValueError, ZeroDivisionError):
        return None
    return float(f"{y:.6g}") if math.isfinite(y) else None


def resolve(reference: Any, parameters: dict[str, Any]) -> Activation:
    """Return the activation meant by a name, a class, a Keras function or an instance, with these arguments."""
    if callable(reference) and not isinstance(reference, Activation | type):
        reference = getattr(reference, "__name__", reference)
    if isinstance(reference, type) and issubclass(reference, Activation):
        return reference(**parameters)
    if parameters and reference in without_defaults:
        return without_defaults[reference](**parameters)
    entry = activations.get(reference)
    if not parameters:
        return entry
    unknown = sorted(set(parameters) - set(arguments(entry)))
    if unknown:
        known = ", ".join(arguments(entry)) or "none"
        raise TypeError(f"{entry.name} has no argument {', '.join(map(repr, unknown))}; it has {known}")
    return type(entry)(**(arguments(entry) | parameters))
