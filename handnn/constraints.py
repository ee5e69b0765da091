"""What weights must satisfy: applied to each constrained weight after every optimizer step, x[...] = constraint(x).

Arguments, defaults and config are those of `keras.constraints`. Every norm |w| is the square root of the sum of
squares along `axis`; in the kernel of a Dense layer, (inputs, units), axis 0 gives one norm for each unit. Like Keras'
the rescaled norm falls short of its target by a share eps / |w|, eps = 1e-7, which keeps 0 / 0 away.
"""

from typing import Any

import numpy as np

from .config import epsilon
from .core.registry import Registry, class_and_config
from .core.registry import serialize as _serialize
from .core.variable import Array, as_floats

constraints: Registry[type["Constraint"]] = Registry("constraint")

Axis = int | tuple[int, ...] | list[int] | None


@constraints.register()
class Constraint:
    """Base class: called with a weight, gives the weight as it must be; here unchanged."""

    def __call__(self, w: Any) -> Array:
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
    """Shared by the others: w desired(|w|) / (eps + |w|)."""

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
        """Return w with norms changed to what they must be."""
        return w * (self.desired(norm) / (epsilon() + norm))

    def desired(self, norm: Array) -> Array:
        """Return what the norms must be."""
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
        return w / (epsilon() + norm)  # one rounding less than w * (1 / ...), as in Keras

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


@constraints.register()
class MinMaxNorm(NormConstraint):
    """Norms between two values: w d / (eps + |w|), d = rate clip(|w|, min_value, max_value) + (1 - rate) |w|.

    Args:
        min_value, max_value: smallest and largest norm.
        rate: share of the way to the nearest allowed norm that is gone in one step, 0 to 1.
        axis: the axis or axes along which norms are taken; None takes all.
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
    """Return a Python number; a NumPy one would turn float32 weights into float64."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        limit = ">= 0" if most == float("inf") else f"from 0 to {most}"
        raise ValueError(f"{argument} must be a number {limit}; received {value!r}")
    return value


def _axis(axis: Any) -> Any:
    """Return the axis as it was given; its range is looked at when the weight is known."""
    several = list(axis) if isinstance(axis, tuple | list) else [] if axis is None else [axis]
    if any(isinstance(one, bool) or not isinstance(one, int | np.integer) for one in several):
        raise TypeError(f"axis must be an integer, several, or None; received {axis!r}")
    return axis


def get(identifier: Any) -> Any:
    """Return a constraint from a name, a Keras config, a class, an instance or any function w -> w', or None."""
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "constraint")
        return constraints[name].from_config(config)
    if isinstance(identifier, str):
        return constraints[identifier]()
    found = identifier() if isinstance(identifier, type) else identifier
    if not callable(found):
        raise TypeError(f"constraint must be a name, a config or a Constraint; received {found!r}")
    return found


def serialize(constraint: Constraint | None) -> dict[str, Any] | None:
    """Return Keras' serialised form."""
    return None if constraint is None else _serialize(constraint, "keras.constraints")
