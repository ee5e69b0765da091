"""A user's forward function as the judge of the user's derivative, where there is no other reference.

Its derivative comes from differences of 60-digit numbers, where the function takes them: with a step of 1e-20 they are
exact to the last digit of a float, on piecewise functions too. Elsewhere from the complex step, checked against plain
differences, or from those alone with their own error.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.variable import Array
from ...rounding import allowance
from ..high_precision import Precise, extended, precise, rounded
from ..patterns import USUAL
from ..reference import Known, bounded

STEP, COMPLEX_STEP = 1e-20, 1e-30
WIDE_STEP = 1e-12
"""For second differences, of which 24 digits cancel."""
OPERATIONS = 16
"""Roundings that a stable formula of some length may add up to."""
FARTHEST = 2000.0
"""How far out a function without a reference is judged: nothing says that it is meant for 1e25."""


class OwnForward:
    """What `Reference` is, from the user's own function. `kinks` are found among the points that are asked for."""

    kinks: tuple[float, ...] = ()

    def __init__(self, function: Callable[..., Any], elementwise: bool) -> None:
        self.function = np.errstate(all="ignore")(function)
        self.elementwise = elementwise

    def forward(self, z: Array, dtype: str) -> Known:
        """Return the function in more digits, with the allowance of a stable formula: u (|a| + |z f'(z)|)."""
        plain = np.asarray(self.function(z.astype("float64")), "float64")
        better = extended(self.function, z, dtype=dtype)
        value = plain if better is None or better.values.shape != plain.shape else better.values
        size = np.abs(z.astype("float64"))
        with np.errstate(all="ignore"):
            if self.elementwise:
                moves = np.nan_to_num(size * np.abs(self._along(z, np.ones(z.shape))[0]), posinf=0, neginf=0)
            else:
                moves = _as(size.max(axis=-1), value)
            return self._known(self._within(value, z, FARTHEST), np.abs(value) + moves, dtype)

    def backward(self, upstream: Array, z: Array, dtype: str) -> Known:
        """Return upstream times the derivative; NaN where it cannot be known."""
        jacobian, error = self.derivative(z)
        with np.errstate(all="ignore"):
            delta, spread = contracted(upstream, jacobian), contracted(np.abs(upstream), np.abs(jacobian))
            usual = np.abs(delta[np.isfinite(delta) & (np.abs(z) <= USUAL)]).max(initial=0.0)
            spread = spread + usual  # a slope may be a difference of numbers of that size
            if self.elementwise:
                spread = spread + np.abs(upstream * z) * self._curvature(z)
            exact = self._moved(z, 0.0) is not None  # differences of floats say little far out
            delta = self._within(delta, z, FARTHEST if exact else USUAL)
            known = self._known(delta, spread, dtype)
            return Known(known.value, known.allowed + contracted(np.abs(upstream), error))

    def _within(self, value: Array, z: Array, farthest: float) -> Array:
        """Return the values with NaN, for 'not known', where z is farther out."""
        size = np.abs(z)
        return np.where((size if self.elementwise else _as(size.max(axis=-1), value)) <= farthest, value, np.nan)

    def sides(self, z: Array) -> tuple[Array, Array] | None:
        """Return the slopes to the left and to the right of each z; None if the function takes no 60 digits."""
        left, here, right = (self._moved(z, step) for step in (-STEP, 0.0, STEP))
        if left is None or here is None or right is None:
            return None
        h = Precise(STEP)
        return rounded((here - left) / h), rounded((right - here) / h)

    def derivative(self, z: Array) -> tuple[Array, Array]:
        """Return f'(z) and its error; for rows the Jacobian (rows, outputs, inputs)."""
        if self.elementwise:
            return self._along(z, np.ones(z.shape))
        columns = [self._along(z, np.eye(z.shape[-1])[k] * np.ones(z.shape)) for k in range(z.shape[-1])]
        return np.stack([c[0] for c in columns], axis=-1), np.stack([c[1] for c in columns], axis=-1)

    def _curvature(self, z: Array) -> Array:
        """Return |f''(z)|, by which rounding of z moves f'; 0 where it cannot be known."""
        moved = [self._moved(z, step) for step in (-WIDE_STEP, 0.0, WIDE_STEP)]
        if any(part is None for part in moved):
            return np.zeros(z.shape)
        left, here, right = moved
        h = Precise(WIDE_STEP)
        return np.nan_to_num(np.abs(rounded((right - 2 * here + left) / (h * h))), posinf=0, neginf=0)

    def _along(self, z: Array, direction: Array) -> tuple[Array, Array]:
        up, down = self._moved(z, STEP, direction), self._moved(z, -STEP, direction)
        if up is not None and down is not None:
            found = rounded((up - down) / Precise(2 * STEP))
            return found, 1e-15 * np.abs(found)
        wide = z.astype("float64")
        h = np.maximum(np.abs(wide), 1.0) * allowance.unit_roundoff("float64") ** (1 / 3) * direction
        size = h.max(axis=-1) if not self.elementwise else h
        with np.errstate(all="ignore"):
            slopes = [self._difference(wide, step, width) for step, width in ((h, size), (h / 2, size / 2))]
            found = (4 * slopes[1] - slopes[0]) / 3
            noise = 8 * allowance.unit_roundoff("float64") * np.abs(np.asarray(self.function(wide), "float64"))
            error = np.abs(slopes[1] - slopes[0]) + noise / _as(size, found)
            exact = self._complex(wide, direction)
        if exact is not None and exact.shape == found.shape and bool((np.abs(exact - found) <= 8 * error).all()):
            return exact, 1e-15 * np.abs(exact)
        return found, error

    def _moved(self, z: Array, step: float, direction: Any = 1.0) -> Any:
        """Return f(z + step * direction) as Precise numbers; None if the function does not take them."""
        with np.errstate(all="ignore"):
            try:
                found = np.asarray(self.function(precise(z) + precise(np.asarray(direction) * 1.0) * Precise(step)))
            except Exception:  # whatever a user's code raises: it takes no such numbers
                return None
        return found if found.dtype == object else None

    def _difference(self, z: Array, h: Array, size: Array) -> Array:
        up, down = np.asarray(self.function(z + h), "float64"), np.asarray(self.function(z - h), "float64")
        found: Array = (up - down) / (2 * _as(size, up))
        return found

    def _complex(self, z: Array, direction: Array) -> Array | None:
        try:
            found = np.asarray(self.function(z + 1j * COMPLEX_STEP * direction))
        except Exception:  # it does not take complex numbers
            return None
        return np.imag(found) / COMPLEX_STEP if found.dtype.kind == "c" else None

    def _known(self, value: Array, size: Array, dtype: str) -> Known:
        return bounded(value, OPERATIONS * allowance.unit_roundoff(dtype) * size, dtype)


def contracted(upstream: Array, derivative: Array) -> Array:
    """Return upstream times f', or the sum over the outputs of upstream times the Jacobian of each row."""
    if derivative.ndim == upstream.ndim and derivative.shape == upstream.shape:
        return upstream * derivative
    wide = upstream.astype("float64")
    if wide.ndim == 1:
        return wide[:, np.newaxis] * derivative
    found: Array = np.einsum("nj,njk->nk", wide, derivative)
    return found


def _as(size: Array, like: Array) -> Array:
    return size.reshape(size.shape + (1,) * (like.ndim - size.ndim))
