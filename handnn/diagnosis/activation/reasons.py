"""Why an activation is not the reference: a choice at a kink, lost digits, a known mistake, or none of these."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...activations import Activation
from ...core.variable import Array
from ...rounding.allowance import unit_roundoff
from .. import stable_forms as stable
from ..high_precision import Extended, extended
from ..patterns import of_values
from ..reference import Expected, Reference, arguments, bounded, unrounded
from ..verdict import Verdict, first_of
from . import points
from . import search as activation_search

CANCELLING = 64
"""Units of rounding, of the largest number that takes part, that a naive formula may lose."""
OPERATIONS = 16
"""Roundings that a stable formula of some length may add up to."""


class Reasons:
    """The reference, the points, what is right there, and how wrong numbers are explained.

    Attributes:
        reference: what is right. entry: the activation asked for.
        points, upstream: z, and cotangents of the shape of a.
    """

    def __init__(self, entry: Activation, dtype: str, without: Any) -> None:
        self.entry, self.dtype, self.without = entry, dtype, without
        self.notes: list[str] = []
        self._take(Reference(entry))

    def _take(self, reference: Reference) -> None:
        """Hold everything against this reference from now on."""
        self.reference = reference
        kinks = tuple(reference.kinks)
        self.points = points.elementwise(kinks, self.dtype) if reference.elementwise else points.rows(self.dtype)
        shape = reference.entry.forward(self.points.z).shape
        self.upstream = points.cotangents(shape, self.dtype)

    def _ordinary(self, like: Array) -> Array:
        """Return the mask of ordinary points in the shape of an array."""
        return np.broadcast_to(self.points.ordinary.reshape(-1, *[1] * (like.ndim - 1)), like.shape)

    def _at_kinks(self, mine: Array, known: Expected, off: Array, upstream: Array | None) -> tuple[list[str], Array]:
        """Say where the two differ at kinks by nothing but a choice between both sides, and take that out of `off`."""
        if not self.reference.elementwise or not off.any():
            return [], off
        z, said = self.points.z, []
        sides = self._sides(z, upstream)
        low, high = np.minimum(*sides) - known.allowed, np.maximum(*sides) + known.allowed
        chosen = off & self._next_to_kinks() & (mine >= low) & (mine <= high)
        by, what = (np.ones(z.shape), "it") if upstream is None else (upstream, "the derivative")
        for i in np.flatnonzero(chosen & self.points.kink):  # beside it the side is a matter of rounding
            own, right = mine[i] / by[i] + 0, known.value[i] / by[i] + 0
            said.append(f"at z = {z[i] + 0:.6g} {what} is {own:.6g}, TensorFlow's {right:.6g}")
        return list(dict.fromkeys(said)), off & ~chosen

    def _next_to_kinks(self) -> Array:
        """Return the kinks and the floats next to them."""
        at = np.asarray(self.reference.kinks, self.dtype).reshape(-1, 1)
        near: Array = (np.abs(self.points.z - at) <= 2 * np.spacing(np.abs(at))).any(axis=0)
        return near

    def _sides(self, z: Array, upstream: Array | None) -> tuple[Array, Array]:
        """Return the right result just left and just right of each z."""

        def right(side: Array) -> Array:
            if upstream is None:
                return self.reference.forward(side, self.dtype).value
            return self.reference.backward(upstream, side, self.dtype).value

        far = np.asarray(np.inf, self.dtype)
        return right(np.nextafter(z, -far)), right(np.nextafter(z, far))

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
            if better is not None and better.values.shape == mine.shape:
                exact = getattr(self.reference, part)(*arguments, "float64")
                if self.dtype == "float32":  # which Keras' constants are held in
                    exact = Expected(exact.value, exact.allowed + known.allowed)
                finite = np.isfinite(better.values)
                wrong = exact.off(better.values) & finite & ~kink & self._far_from(better, exact)
                wrong |= ~finite & self._ordinary(mine)
            else:  # it computes with no more digits inside
                scale = np.maximum(np.abs(known.value), 1) * np.maximum(np.abs(like(z, mine)), 1)
                cancels = np.abs(mine - known.value) <= CANCELLING * np.finfo(self.dtype).eps * scale
                wrong = off & ~cancels & self._ordinary(mine)
                notes.append("it takes no numbers of more digits: judged by where and how much it is off")
        if wrong.any():
            return None
        lost = stable.lost_at(mine, known, off, z)
        known_form = (stable.ACTIVATIONS if part == "forward" else stable.DERIVATIVES).get(self.entry.name, "")
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

    def _wrong(self, part: str, mine: Array, known: Expected, off: Array, step: str) -> Verdict:
        """Return the finding for wrong numbers: the known mistake that reproduces them, or that none does."""
        example = self._examples(mine, known, off, part)
        for entry in self._alike():
            own = known
            if entry is not self.reference.entry:
                z, twin = self.points.z, Reference(entry)
                own = twin.forward(z, self.dtype) if step == "a" else twin.backward(self.upstream, z, self.dtype)
            hits = activation_search.find(entry, self.points, self.upstream, mine, own, step, self.without)
            if hits:
                return first_of(part, hits, example)
        said = "wrong, in a way that no known mistake reproduces"
        return Verdict(part, "wrong", said, pattern=of_values(mine, known, off, self.points.z), example=example)

    def _alike(self) -> list[Activation]:
        """Return the activations in which a mistake is looked for: the reference, with its constants in both forms."""
        entry: Any = self.reference.entry
        asked = self.entry if arguments(self.entry) == arguments(entry) else None
        twins = [entry, asked, unrounded(entry)]
        return [twin for i, twin in enumerate(twins) if twin is not None and twin not in twins[:i]]

    def _examples(self, mine: Array, known: Expected, off: Array, part: str) -> list[str]:
        """Return wrong elements; of a derivative for upstream = 1."""
        places = off & self._ordinary(off) if (off & self._ordinary(off)).any() else off
        if part == "backward" and mine.shape == self.upstream.shape and self.reference.elementwise:
            mine, known = mine / self.upstream, Expected(known.value / self.upstream, known.allowed)
        return stable.examples(stable.lost_at(mine, known, places, self.points.z))


def unstable_alone(passes: Any, dtype: str) -> Verdict | None:
    """Return the finding for a function that loses digits which it has with more of them; None if it loses none.

    What a stable formula may lose is what rounding of a and of z does: u (|a| + |z a'|).
    """
    z, near = points.rows(dtype).z, 2.0**-20
    mine, here = passes.called("forward", z).values, extended(passes.forward, z, dtype=dtype)
    moved = extended(lambda z: passes.forward(z * (1 + near)), z, dtype=dtype)
    if mine is None or here is None or moved is None or here.values.shape != mine.shape:
        return None
    with np.errstate(all="ignore"):
        size = np.abs(here.values) + np.nan_to_num(np.abs(moved.values - here.values)) / near
        known = bounded(here.values, OPERATIONS * unit_roundoff(dtype) * size, dtype)
    off = known.off(mine)
    if not off.any():
        return None
    lost = stable.lost_at(mine, known, off, z)
    return Verdict("", "unstable", f"{dtype} loses it: {stable.told(lost, dtype)}", example=stable.examples(lost))


def like(z: Array, other: Array) -> Array:
    """Return z, or the largest of each row, in the shape of an array of results."""
    if z.shape == other.shape:
        return z
    return np.broadcast_to(np.abs(z).max(axis=-1).reshape(-1, *[1] * (other.ndim - 1)), other.shape)
