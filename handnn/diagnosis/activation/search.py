"""Which known mistakes reproduce a user's activation or its derivative."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...activations import Activation, activations
from ...core.variable import Array
from ..bank import Mistake, activation_mistakes, mistakes
from ..bank.contexts import ActivationContext
from ..reference import Known
from .own_forward import USUAL
from .points import Points

DISTINCT = 1e-3
"""A mistake must change the result by more than this share somewhere, or it says nothing about it."""


class Hit(NamedTuple):
    """A mistake that gives the user's numbers; `other` is the activation that takes part in it."""

    mistake: Mistake
    other: str = ""

    @property
    def because(self) -> str:
        return self.mistake.because.format(other=self.other)

    @property
    def name(self) -> str:
        return f"{self.mistake.name} ({self.other})" if self.other else self.mistake.name


def find(
    entry: Activation,
    points: Points,
    upstream: Array,
    mine: Array,
    known: Known,
    step: str,
    without: tuple[str, ...] = (),
) -> list[Hit]:
    """Return the mistakes in this step ('a' or 'delta') that reproduce `mine` at every ordinary point."""
    at = points.ordinary
    z, upstream = points.z[at].astype("float64"), upstream[at].astype("float64")
    right = known.value[at]
    share = float(known.allowed[at].max()) / max(float(np.abs(right).max()), 1e-300)
    found: list[Hit] = []
    with np.errstate(all="ignore"):
        for hit, spot in _candidates(entry, z, upstream, step, without):
            try:
                if not hit.mistake.applies(spot):
                    continue
                wrong = np.asarray(hit.mistake.wrong(spot, right), "float64")
            except (ValueError, IndexError, TypeError):
                continue
            if wrong.shape != right.shape or _near(wrong, right, DISTINCT * share**0.5):
                continue
            if _near(mine[at], wrong, share, least=float(np.abs(right).max())):
                found.append(hit)
    return found


def _near(one: Array, other: Array, share: float, least: float = 0.0) -> bool:
    size = max(float(np.abs(other).max(initial=0.0)), least)
    return bool(np.isfinite(one).all() and (np.abs(one - other) <= share * size).all())


def _candidates(
    entry: Activation, z: Array, upstream: Array, step: str, without: tuple[str, ...]
) -> Iterator[tuple[Hit, ActivationContext]]:
    spot = ActivationContext(entry, z, upstream)
    for registry in (mistakes, activation_mistakes):
        for name, mistake in registry.items():
            if mistake.step != step or name in without:
                continue
            if "{other}" not in mistake.because:
                yield Hit(mistake), spot
                continue
            for other, function in activations.items():
                if other != entry.name:
                    yield Hit(mistake, other), ActivationContext(entry, z, upstream, function)


def pattern(mine: Array, known: Known, off: Array, z: Array) -> str:
    """Return what distinguishes numbers that no known mistake reproduces."""
    if not mine.any():
        return "it is zero everywhere"
    with np.errstate(all="ignore"):
        return _law(mine, known, off) or _range(mine, known, off, z)


def _law(mine: Array, known: Known, off: Array) -> str:
    right = known.value
    ratio, shift = mine[off] / right[off], (mine - right)[off]
    factor = float(np.median(ratio))
    if np.isfinite(ratio).all() and (np.abs(mine - factor * right)[off] <= known.allowed[off] * 4).all():
        return f"it is {factor:.6g} times what it should be, wherever it is wrong"
    share = float(np.max(np.abs(shift) / np.maximum(np.abs(right[off]), 1e-300)))
    if 0 < share <= 1e-4:
        agreeing = int(np.floor(-np.log10(share)))
        return f"it agrees to {agreeing} digits everywhere: a constant has been rounded"
    if np.isfinite(shift).all() and float(np.ptp(shift)) <= 4 * float(known.allowed[off].max()):
        return f"it is what it should be plus {float(np.median(shift)):.6g}, wherever it is wrong"
    return ""


def _range(mine: Array, known: Known, off: Array, z: Array) -> str:
    usual = np.abs(z) <= USUAL
    if off.ndim == z.ndim == 1 and off[usual].any() and not off[usual].all():
        low, high = z[off & usual].min(), z[off & usual].max()
        if off[(z >= low) & (z <= high)].all():
            return f"it is wrong for z from {low:.3g} to {high:.3g} and right elsewhere"
    ratio = (mine / known.value)[off & np.isfinite(mine / known.value)]
    ratios = f"; the ratios run from {ratio.min():.3g} to {ratio.max():.3g}" if ratio.size else ""
    return f"{int(off.sum())} of {off.size} values are off{ratios}"
