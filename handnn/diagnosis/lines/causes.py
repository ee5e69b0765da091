"""Causes: values that must be something else, and how long may be searched for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np

from .groups import Group, Meaning, Put
from .recorder import Plan
from .subject import Array


@dataclass(frozen=True, eq=False)
class Cause:
    """A group of values that must be something else, and the results that depend on it."""

    group: Group
    must_be: Meaning | None
    arrays: tuple[Array, ...]
    mends: frozenset[str]
    preference: tuple[int, int] = (0, 0)
    unusual: bool = False

    @property
    def agreeing(self) -> int:
        """How many of the values are what they must be, and not zero."""
        pairs = zip(self.group.values, self.arrays, strict=True)
        return sum(bool(np.any(a)) and np.allclose(v, a, rtol=1e-7, atol=1e-12) for v, a in pairs)

    @property
    def complexity(self) -> tuple[int, ...]:
        """How far-fetched what belongs there is."""
        meaning = self.must_be
        return (
            () if meaning is None else (self.unusual, meaning.transposed, len(meaning.factor.name), meaning.family.rank)
        )

    @property
    def put(self) -> dict[int, Array]:
        """The right values by occurrence."""
        return {e.occurrence: a for e, a in zip(self.group.events, self.arrays, strict=True)}


class Budget:
    """Seconds that may be used: of the clock on the wall as a whole, of the processor for parts of it."""

    def __init__(self, seconds: float, whole: "Budget | None" = None) -> None:
        self.whole, self._clock = whole, perf_counter if whole is None else process_time
        self.end = self._clock() + seconds
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
        return self.end - self._clock()


def likeliest(causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes, one for each group, the likeliest first."""
    kept: dict[Group, Cause] = {}
    for cause in sorted(causes, key=lambda c: (c.preference, c.complexity)):
        kept.setdefault(cause.group, cause)
    return list(kept.values())


def put_plan(causes: Sequence[Cause]) -> Plan:
    """Return the plan that puts the right values of causes in place."""
    merged: dict[int, dict[int, Array]] = {}
    for cause in causes:
        merged.setdefault(cause.group.events[0].site, {}).update(cause.put)
    return {site: Put(values) for site, values in merged.items()}
