"""Constraints on weights, applied after every optimizer step: x[...] = constraint(x).

Arguments, defaults and config are the same as in `keras.constraints`. Every norm |w| is the square root of the sum of
squares along `axis`; in the kernel of a Dense layer, (inputs, units), axis 0 gives one norm for each unit. As in Keras,
eps = 1e-7 is added to the divisor to avoid 0 / 0, so a rescaled norm is too small by the fraction eps / |w|.
"""

from types import FunctionType
from typing import Any

import numpy as np

from .config import epsilon
from .core import functions
from .core.registry import Registry, class_and_config
from .core.registry import serialize as _serialize
from .core.variable import Array, as_floats

constraints: Registry[type["Constraint"]] = Registry("constraint")

Axis = int | tuple[int, ...] | list[int] | None


@constraints.register()
class Constraint:
    """Base class: called with a weight, returns the constrained weight; here unchanged."""

    def __call__(self, w: Any) -> Array:
        """Return the constrained weight, in the shape of w.

        Raises:
            TypeError: w holds no real numbers.
            ValueError: w does not have the constraint's axis.
        """
        return as_floats(w, "w")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Constraint":
        return cls(**config)


@constraints.register()
class NonNeg(Constraint):
    """max(w, 0)."""

    def __call__(self, w: Any) -> Array:
        return np.maximum(as_floats(w, "w"), 0)


class NormConstraint(Constraint):
    """Base class of the norm constraints: w desired(|w|) / (eps + |w|)."""

    axis: Axis

    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def __call__(self, w: Any) -> Array:
        w = as_floats(w, "w")
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        for one in () if axis is None else axis if isinstance(axis, tuple) else (axis,):
            if not -w.ndim <= one < w.ndim:
                raise ValueError(f"axis {self.axis} of {type(self).__name__} does not fit a weight of shape {w.shape}")
        norm = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
        return self.rescaled(w, norm)

    def rescaled(self, w: Array, norm: Array) -> Array:
        """Return w rescaled to the desired norms."""
        return w * (self.desired(norm) / (epsilon() + norm))

    def desired(self, norm: Array) -> Array:
        """Return the desired norms."""
        raise NotImplementedError


@constraints.register()
class MaxNorm(NormConstraint):
    """w min(|w|, max_value) / (eps + |w|): norms of at most `max_value`.

    Args:
        max_value: largest norm.
        axis: the axis or axes along which norms are taken; None takes all.
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value, self.axis = _number(max_value, "max_value"), _axis(axis)

    def desired(self, norm: Array) -> Array:
        return np.minimum(norm, self.max_value)

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


@constraints.register()
class UnitNorm(NormConstraint):
    """w / (eps + |w|): norms of 1.

    Args:
        axis: the axis or axes along which norms are taken; None takes all.
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = _axis(axis)

    def rescaled(self, w: Array, norm: Array) -> Array:
        return w / (epsilon() + norm)  # as in Keras; one rounding less than w * (1 / ...)

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


@constraints.register()
class MinMaxNorm(NormConstraint):
    """Norms between two values: w d / (eps + |w|), d = rate clip(|w|, min_value, max_value) + (1 - rate) |w|.

    Args:
        min_value, max_value: smallest and largest norm.
        rate: from 0 to 1; how far each step moves the norm towards the nearest allowed one.
        axis: the axis or axes along which norms are taken; None takes all.

    Raises:
        ValueError: an argument is out of range, or min_value > max_value.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0) -> None:
        self.min_value, self.max_value = _number(min_value, "min_value"), _number(max_value, "max_value")
        if min_value > max_value:
            raise ValueError(f"min_value must not be above max_value; received {min_value} and {max_value}")
        self.rate, self.axis = _number(rate, "rate", most=1), _axis(axis)

    def desired(self, norm: Array) -> Array:
        inside = np.minimum(np.maximum(norm, self.min_value), self.max_value)
        return self.rate * inside + (1 - self.rate) * norm

    def get_config(self) -> dict[str, Any]:
        own = {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate}
        return own | {"axis": self.axis}


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm


def _number(value: Any, argument: str, most: float = float("inf")) -> Any:
    """Return value as a Python number; a NumPy number would turn float32 weights into float64."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        limit = ">= 0" if most == float("inf") else f"from 0 to {most}"
        raise ValueError(f"{argument} must be a number {limit}; received {value!r}")
    return value


def _axis(axis: Any) -> Any:
    """Return axis unchanged; its range is checked when the weight is known."""
    several = list(axis) if isinstance(axis, tuple | list) else [] if axis is None else [axis]
    if any(isinstance(one, bool) or not isinstance(one, int | np.integer) for one in several):
        raise TypeError(f"axis must be an integer, a list of integers, or None; received {axis!r}")
    return axis


def get(identifier: Any) -> Any:
    """Return a constraint from a name, a Keras config, a class, an instance or any function w -> w'; None for None.

    Raises:
        ValueError: the name or class is unknown.
        TypeError: identifier is something else.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "constraint")
        own: Any = constraints[name]
        return own.from_config(config) if hasattr(own, "from_config") else own
    if isinstance(identifier, str):
        return constraints[identifier]()
    found = identifier() if isinstance(identifier, type) else identifier
    if not callable(found):
        raise TypeError(f"constraint must be a name, a config or a Constraint; received {found!r}")
    return found


def serialize(constraint: Any) -> dict[str, Any] | None:
    """Return Keras' serialised form; of a function its registered name."""
    if constraint is None or isinstance(constraint, FunctionType):
        return None if constraint is None else functions.written(constraint)
    return _serialize(constraint, "keras.constraints")
