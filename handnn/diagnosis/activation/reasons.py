"""Why an activation is not the reference: a choice at a kink, lost digits, a known mistake, or none of these."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...activations import Activation
from ...core.variable import Array
from .. import stable_forms as stable
from ..high_precision import Extended, extended
from ..patterns import of_values
from ..reference import Expected, Reference, arguments, identified, unrounded
from ..verdict import Verdict, first_of
from . import points
from . import search as activation_search
from .own_forward import OwnForward

MANY_DIGITS, CANCELLING = 1e-40, 64
"""Units of rounding, of the largest number that takes part, that a naive formula may lose."""


class Reasons:
    """The reference, the points, what is right there, and how wrong numbers are explained.

    Attributes:
        reference: a `Reference` or the user's own function. entry: the activation asked for, if any.
        points, right, upstream: z, the right a, and cotangents of its shape.
        mine: the user's a, where there is one.
    """

    mine: Array

    def __init__(self, entry: Activation | None, dtype: str, without: Any) -> None:
        self.entry, self.dtype, self.without = entry, dtype, without
        self.notes: list[str] = []
        self.reference: Any = None
        if entry is not None:
            self._take(Reference(entry))

    def _take(self, reference: Any) -> None:
        """Hold everything against this reference from now on."""
        self.reference = reference
        kinks = tuple(reference.kinks)
        self.points = points.elementwise(kinks, self.dtype) if reference.elementwise else points.rows(self.dtype)
        self.right: Expected = reference.forward(self.points.z, self.dtype)
        self.upstream = points.cotangents(self.right.value.shape, self.dtype)

    def _ordinary(self, like: Array) -> Array:
        """Return the mask of ordinary points in the shape of an array."""
        return np.broadcast_to(self.points.ordinary.reshape(-1, *[1] * (like.ndim - 1)), like.shape)

    def _at_kinks(self, mine: Array, known: Expected, off: Array, upstream: Array | None) -> tuple[list[str], Array]:
        """Say where the two differ at kinks by nothing but a choice between both sides, and take that out of `off`."""
        if not self.reference.elementwise or not off.any():
            return [], off
        z, said, off = self.points.z, [], off.copy()
        sides = self._sides(z, upstream)
        if sides is None:
            return [], off
        low, high = np.minimum(*sides) - known.allowed, np.maximum(*sides) + known.allowed
        kink = (
            self._next_to_kinks() if isinstance(self.reference, Reference) else high - low > 1e-6 * np.abs(high + low)
        )
        with np.errstate(invalid="ignore"):
            chosen = off & kink & (mine >= low) & (mine <= high)
        by = np.ones(z.shape) if upstream is None else upstream
        for i in np.flatnonzero(chosen):
            what = "the derivative" if upstream is not None else "it"
            if isinstance(self.reference, Reference) and not self.points.kink[i]:
                continue  # which side the last float before a kink belongs to is a matter of rounding
            if isinstance(self.reference, Reference):
                own, right = mine[i] / by[i] + 0, known.value[i] / by[i] + 0
                said.append(f"at z = {z[i] + 0:.6g} {what} is {own:.6g}, TensorFlow's {right:.6g}")
            elif abs(z[i]) in (0, *points.ROUND):
                slopes = " and ".join(f"{side[i] / by[i]:.6g}" for side in sides)
                self.notes.append(f"at z = {z[i] + 0:.6g} the slopes are {slopes}; it takes {mine[i] / by[i]:.6g}")
        return list(dict.fromkeys(said)), off & ~chosen

    def _next_to_kinks(self) -> Array:
        """Return the kinks and the floats next to them."""
        at = np.asarray(self.reference.kinks, self.dtype).reshape(-1, 1)
        near: Array = (np.abs(self.points.z - at) <= 2 * np.spacing(np.abs(at))).any(axis=0)
        return near

    def _sides(self, z: Array, upstream: Array | None) -> tuple[Array, Array] | None:
        """Return the right result just left and just right of each z."""
        if isinstance(self.reference, OwnForward):
            slopes = self.reference.sides(z)
            return None if slopes is None or upstream is None else (upstream * slopes[0], upstream * slopes[1])
        far = np.asarray(np.inf, self.dtype)
        left, right = np.nextafter(z, -far), np.nextafter(z, far)
        if upstream is None:
            return tuple(self.reference.forward(side, self.dtype).value for side in (left, right))
        return tuple(self.reference.backward(upstream, side, self.dtype).value for side in (left, right))

    def _unstable(
        self, part: str, mine: Array, known: Expected, off: Array, function: Callable[..., Any], prime: str
    ) -> Verdict | None:
        """Return the finding for a formula that is right in more digits than dtype has, and loses them here."""
        kink = self.points.kink.reshape(-1, *[1] * (mine.ndim - 1))
        if (off & kink).any():
            return None  # a wrong choice at a kink loses nothing to rounding
        z, arguments = self.points.z, (self.upstream, self.points.z) if part == "backward" else (self.points.z,)
        better, notes = extended(function, *arguments, dtype=self.dtype), []
        with np.errstate(all="ignore"):
            naive = False
            if better is not None and better.values.shape == mine.shape:
                exact = getattr(self.reference, part)(*arguments, "float64")
                if self.dtype == "float32":  # which Keras' constants are held in
                    exact = Expected(exact.value, exact.allowed + known.allowed)
                finite = np.isfinite(better.values)
                still = exact.off(better.values) & finite & ~kink & self._far_from(better, exact)
                naive = not still.any() and bool(finite[self._ordinary(mine)].all())
                if not naive and better.resolution < MANY_DIGITS:
                    return None
            if not naive:  # it takes no numbers of more digits, or computes with fewer inside
                scale = np.maximum(np.abs(known.value), 1) * np.maximum(np.abs(like(z, mine)), 1)
                cancels = np.abs(mine - known.value) <= CANCELLING * np.finfo(self.dtype).eps * scale
                if (off & ~cancels & self._ordinary(mine)).any():
                    return None
                notes.append("it takes no numbers of more digits: judged by where and how much it is off")
        lost = stable.lost_at(mine, known, off, z)
        name = self.entry.name if self.entry is not None else ""
        known_form = (stable.ACTIVATIONS if part == "forward" else stable.DERIVATIVES).get(name, "")
        found = Verdict(
            part, "unstable", f"right, but {self.dtype} loses it: {stable.told(lost, self.dtype)}", notes=notes
        )
        found.example = stable.examples(lost)
        if known_form:
            found.right_line = f"f{prime}: {known_form}"
        return found

    def _far_from(self, better: Extended, exact: Expected) -> Array:
        """Return where a result in more digits is not the right one; each z has its own size."""
        found = np.empty(exact.value.shape, bool)
        for i, z in enumerate(self.points.z):
            one = Extended(better.values[i], better.resolution)
            found[i] = ~np.asarray(one.near(exact.value[i], exact.allowed[i], np.atleast_1d(z)))
        return found

    def _wrong(self, part: str, options: list[tuple[Array, Expected, Array]], step: str) -> Verdict:
        """Return the finding for wrong numbers: the known mistake that reproduces them, or that none does."""
        for mine, known, off in options:
            for entry in self._alike():
                own = known
                if isinstance(self.reference, Reference) and entry is not self.reference.entry:
                    z, twin = self.points.z, Reference(entry)
                    own = twin.forward(z, self.dtype) if step == "a" else twin.backward(self.upstream, z, self.dtype)
                hits = activation_search.find(entry, self.points, self.upstream, mine, own, step, self.without)
                if hits:
                    return first_of(part, hits, self._examples(mine, known, off, part))
        mine, known, off = options[0]
        said = "wrong, in a way that no known mistake reproduces"
        pattern = of_values(mine, known, off, self.points.z)
        return Verdict(part, "wrong", said, pattern=pattern, example=self._examples(mine, known, off, part))

    def _alike(self) -> list[Activation]:
        """Return the activations in which a mistake is looked for: the reference, with its constants in both forms."""
        if isinstance(self.reference, Reference):
            entry: Any = self.reference.entry
            asked = self.entry if self.entry is not None and arguments(self.entry) == arguments(entry) else None
            twins = [entry, asked, unrounded(entry)]
        else:
            twins = [identified(self.mine, self.points, self.dtype)]
        return [twin for i, twin in enumerate(twins) if twin is not None and twin not in twins[:i]]

    def _examples(self, mine: Array, known: Expected, off: Array, part: str) -> list[str]:
        """Return wrong elements; of a derivative for upstream = 1."""
        places = off & self._ordinary(off) if (off & self._ordinary(off)).any() else off
        if part == "backward" and mine.shape == self.upstream.shape and self.reference.elementwise:
            mine, known = mine / self.upstream, Expected(known.value / self.upstream, known.allowed)
        return stable.examples(stable.lost_at(mine, known, places, self.points.z))


def like(z: Array, other: Array) -> Array:
    """Return z, or the largest of each row, in the shape of an array of results."""
    if z.shape == other.shape:
        return z
    return np.broadcast_to(np.abs(z).max(axis=-1).reshape(-1, *[1] * (other.ndim - 1)), other.shape)
