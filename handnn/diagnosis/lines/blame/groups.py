"""Groups: the values of one backward site, changed together, and what each of them is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from ..derive.study import Study
from ..record.recorder import Action
from ..record.sites import Site
from ..record.tape import Event
from ..subject import Array
from .factors import Factor, Factors
from .families import Family, Pairing, pairings

NO_VALUES = ("names", "loop", "literal")
CREATING = ("zeros", "zeros_like", "empty", "empty_like", "full")
"""Functions that make room for sums: their zeros are no mistake."""


@dataclass(frozen=True, eq=False)
class Group:
    """Events of one site. `kind`: all of them, the last of each accumulation, or one."""

    events: tuple[Event, ...]
    values: tuple[Array, ...]
    kind: str = "all"

    @property
    def site(self) -> Site:
        """The site."""
        return self.events[0].place

    def part(self, visits: Sequence[int]) -> "Group":
        """Return the group of some of the visits."""
        return Group(tuple(self.events[i] for i in visits), tuple(self.values[i] for i in visits), self.kind)

    def put(self, arrays: Sequence[Array]) -> dict[int, dict[int, Array]]:
        """Return what puts arrays in place of the values: by site, by occurrence."""
        return {self.events[0].site: {e.occurrence: a for e, a in zip(self.events, arrays, strict=True)}}

    @property
    def order(self) -> int:
        """When the first of the values was computed."""
        return self.events[0].order


@dataclass(frozen=True, eq=False)
class Meaning:
    """A group's values are `factor` times a family's arrays."""

    family: Family
    factor: Factor
    pairing: Pairing

    @property
    def shown(self) -> str:
        """'N dL/d(Z1)'."""
        return self.factor.of(self.family.name)

    @property
    def shown_in_full(self) -> str:
        """'N dL/d(Z1)  (Z1 = W1 @ X + b1)'."""
        return f"{self.shown}  ({self.family.detail})" if self.family.detail else self.shown

    def is_share_of(self, other: "Meaning") -> bool:
        """Return whether these are derivatives of which other shares, through other uses, are left out."""
        return self.family.whole == other.family.name and self.factor == other.factor


class Put(Action):
    """A plan's action: put arrays in place of the values at some occurrences."""

    def __init__(self, values: dict[int, Array]) -> None:
        self.values, self.count = values, 0

    def start(self) -> None:
        """Count from the first occurrence again."""
        self.count = 0

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the array for this occurrence, as what the value is: a matrix, a float."""
        self.count += 1
        return alike(self.values[self.count - 1], value) if self.count - 1 in self.values else value


def alike(new: Array, old: Any) -> Any:
    """Return an array as the type, dtype and shape that a value had."""
    if isinstance(old, float) and np.size(new) == 1:
        return float(np.squeeze(new))
    if not isinstance(old, np.ndarray | np.generic):
        return new
    dtype = old.dtype if old.dtype.kind in "fc" else float
    made = np.array(new, dtype=dtype)
    if made.size == np.size(old):
        made = made.reshape(np.shape(old))
    return np.asmatrix(made) if isinstance(old, np.matrix) else made if isinstance(old, np.ndarray) else made[()]


def groups_of(study: Study, events: Sequence[Event]) -> list[Group]:
    """Return the groups of whole expressions and statements among events, in order."""
    by_site: dict[int, list[Event]] = {}
    forward = {e.site for e in study.forward_events}
    for event in events:
        place, value = event.place, study.tape.nodes[event.node].value
        if event.site in forward:  # a helper that the forward part uses too: its caller is to blame
            continue
        made = getattr(study.tape.nodes[event.node].function, "__name__", "")
        if made in CREATING and not np.any(value) and place.role == "call":
            continue
        if place.root and place.role not in NO_VALUES and np.asarray(value).dtype.kind in "fci":
            by_site.setdefault(event.site, []).append(event)
    found = []
    made_here = computed_here(study, events)
    for visits in by_site.values():
        if visits[0].place.passed and all(e.node in made_here for e in visits):
            continue  # it only hands on what another line has computed
        last = _last_of_chains(study, visits)
        if len(last) < len(visits):
            found.append(group_of(study, last, "last"))
        if not visits[0].place.mutates or len(last) == len(visits):
            found.append(group_of(study, visits, "all"))
            if len(visits) > 1 and len(last) == len(visits):
                found.append(group_of(study, visits[-1:], "last"))
    return sorted(found, key=lambda g: g.order)


def computed_here(study: Study, events: Sequence[Event]) -> set[int]:
    """Return the nodes that whole expressions and statements among events compute; room for sums is none."""
    nodes = {e.node for e in events if e.place.root and e.place.role != "value"}
    return {n for n in nodes if getattr(study.tape.nodes[n].function, "__name__", "") not in CREATING}


def group_of(study: Study, events: Sequence[Event], kind: str = "all") -> Group:
    """Return a group with the values that its events had."""
    return Group(tuple(events), tuple(study.tape.nodes[e.node].array for e in events), kind)


def _last_of_chains(study: Study, visits: list[Event]) -> list[Event]:
    """Return the visits after which an accumulated value is complete."""
    last: dict[object, Event] = {}
    chain_of: dict[int, object] = {}
    for event in visits:
        earlier = [chain_of[p] for p in study.tape.nodes[event.node].parents if p in chain_of]
        chain = earlier[0] if earlier else ("array", event.owner) if event.owner else ("value", event.order)
        chain_of[event.node] = chain
        last[chain] = event
    return sorted(last.values(), key=lambda e: e.order)


def in_shape(array: Array, shape: tuple[int, ...]) -> Array | None:
    """Return an array in a shape that differs by axes of one element; None if it does not fit."""
    return np.reshape(array, shape) if _plain(np.shape(array)) == _plain(shape) else None


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def matches(group: Group, family: Family) -> Iterator[tuple[Pairing, list[Array]]]:
    """Yield the ways in which a family's arrays fit the shapes of a group's values."""
    count = len(group.values)
    sizes = {a.size for a in family.arrays}
    if not any(v.size in sizes for v in group.values):
        return
    seen: set[tuple[int, ...]] = set()
    for pairing in pairings(count, len(family.arrays)):
        arrays = pairing.pick(family.arrays, count)
        if arrays is None or tuple(map(id, arrays)) in seen:
            continue
        seen.add(tuple(map(id, arrays)))
        pairs = zip(arrays, group.values, strict=True)
        shaped = [a for array, value in pairs if (a := in_shape(array, value.shape)) is not None]
        if len(shaped) == count:
            yield pairing, shaped


def meanings(group: Group, families: Sequence[Family], factors: Factors, tolerance: float) -> list[Meaning]:
    """Return what a group's values are, the best name first."""
    found = []
    flat = np.concatenate([np.ravel(v).astype(float) for v in group.values])
    scale = float(np.max(np.abs(flat), initial=0.0))
    if not scale or not np.isfinite(scale):
        return []
    for family in families:
        for pairing, arrays in matches(group, family):
            other = np.concatenate([np.ravel(a) for a in arrays])
            norm = float(other @ other)
            if not norm:
                continue
            ratio = float(flat @ other) / norm
            if np.max(np.abs(flat - ratio * other)) <= tolerance * scale:
                factor = factors.named(ratio, 10 * tolerance) or Factor(f"{ratio:.4g}", ratio)
                found.append(Meaning(family, factor, pairing))
                break
    return sorted(found, key=lambda m: (len(m.factor.name) > 0, m.family.rank, len(m.factor.name)))
