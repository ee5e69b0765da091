"""Causes: values that must be something else, and how long may be searched for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np

from ..record.recorder import Action, Plan
from ..record.sites import Site
from ..subject import Array
from .groups import Group, Meaning, Put

Make = Callable[[Any], Action]
"""From a search on a draw to what an edit does there."""


@dataclass(frozen=True, eq=False)
class Fix:
    """An edit that was run: where, the right text, and what was written in its place."""

    site: Site
    text: str | None
    did: str
    cost: float
    make: Make | None = None
    line: int = 0


@dataclass(frozen=True, eq=False)
class Cause:
    """A group of values that must be something else, and the results that depend on it."""

    group: Group
    must_be: Meaning | None
    arrays: tuple[Array, ...]
    mends: frozenset[str]
    preference: tuple[int, int] = (0, 0)
    unusual: bool = False
    fix: Fix | None = None

    @property
    def edit(self) -> Make | None:
        """What mends it on any draw, if that is known."""
        return None if self.fix is None else self.fix.make

    @property
    def agreeing(self) -> int:
        """How many of the values are what they must be, and not zero."""
        pairs = zip(self.group.values, self.arrays, strict=True)
        return sum(bool(np.any(a)) and np.allclose(v, a, rtol=1e-7, atol=1e-12) for v, a in pairs)

    @property
    def complexity(self) -> tuple[int, ...]:
        """How far-fetched what belongs there is."""
        meaning = self.must_be
        return () if meaning is None else (self.unusual, len(meaning.factor.name), meaning.family.rank)

    @property
    def put(self) -> dict[int, Array]:
        """The right values by occurrence."""
        return self.group.put(self.arrays)[self.group.events[0].site]


class Budget:
    """Seconds of the processor that may be used, so that a busy machine gives the same verdict."""

    def __init__(self, seconds: float, whole: "Budget | None" = None) -> None:
        self.whole, self.end = whole, process_time() + seconds
        self.exceeded = False

    def left(self) -> bool:
        """Return whether there is time; remember if there was none."""
        if self.remaining <= 0 or (self.whole is not None and not self.whole.left()):
            self.exceeded = True
        return not self.exceeded

    def share(self, seconds: float) -> "Budget":
        """Return a budget of so many seconds within this one."""
        return Budget(min(seconds, self.remaining), self)

    @property
    def remaining(self) -> float:
        """The seconds that are left."""
        return self.end - process_time()


def likeliest(causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes, one for each group, the likeliest first."""
    kept: dict[Group, Cause] = {}
    for cause in sorted(causes, key=lambda c: (c.preference, c.complexity)):
        kept.setdefault(cause.group, cause)
    return list(kept.values())


def put_plan(causes: Sequence[Cause], search: Any, more: Mapping[int, Mapping[int, Array]] | None = None) -> Plan:
    """Return the plan that mends causes: by their edits, or by right values; and puts more values in place."""
    merged: dict[int, dict[int, Array]] = {}
    for cause in causes:
        if cause.edit is None:
            merged.setdefault(cause.group.events[0].site, {}).update(cause.put)
    for site, values in (more or {}).items():
        merged.setdefault(site, {}).update(values)
    edits = {cause.group.events[0].site: cause.edit(search) for cause in causes if cause.edit is not None}
    return {**{site: Put(values) for site, values in merged.items()}, **edits}
