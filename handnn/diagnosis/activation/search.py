"""Which known mistakes reproduce a user's activation or its derivative."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...activations import Activation, activations
from ...core.variable import Array
from ..bank import Mistake, activation_mistakes, mistakes
from ..bank.contexts import ActivationContext
from ..reference import Expected
from .points import Points

DISTINCT = 1e-3
"""A mistake must change the result by more than this share somewhere, or it says nothing about it."""


def find(
    entry: Activation,
    points: Points,
    upstream: Array,
    mine: Array,
    known: Expected,
    step: str,
    without: tuple[str, ...] = (),
) -> list[Mistake]:
    """Return the mistakes in this step ('a' or 'delta') that reproduce `mine` at every ordinary point."""
    at = points.ordinary
    z, upstream = points.z[at].astype("float64"), upstream[at].astype("float64")
    right = known.value[at]
    size = float(np.abs(right).max())
    share = float(known.allowed[at].max()) / max(size, 1e-300)
    found: list[Mistake] = []
    for mistake, context in _candidates(entry, z, upstream, step, without):
        wrong = mistake.made(context, right)
        if wrong is None or wrong.shape != right.shape or _near(wrong, right, DISTINCT * share**0.5):
            continue
        if _near(mine[at], wrong, share, least=size):
            found.append(mistake)
    return found


def _near(one: Array, other: Array, share: float, least: float = 0.0) -> bool:
    size = max(float(np.abs(other).max(initial=0.0)), least)
    return bool(np.isfinite(one).all() and (np.abs(one - other) <= share * size).all())


def _candidates(
    entry: Activation, z: Array, upstream: Array, step: str, without: tuple[str, ...]
) -> Iterator[tuple[Mistake, ActivationContext]]:
    """Yield the mistakes of a step with what they may read; with each other activation those that name one."""
    alone = ActivationContext(entry, z, upstream)
    for registry in (mistakes, activation_mistakes):
        for name, mistake in registry.items():
            if mistake.step != step or name in without:
                continue
            if "{other}" not in mistake.because:
                yield mistake, alone
                continue
            for other, function in activations.items():
                if other != entry.name:
                    said = replace(mistake, name=f"{name} ({other})", because=mistake.because.format(other=other))
                    yield said, ActivationContext(entry, z, upstream, function)
