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

    @property
    def order(self) -> int:
        """When the first of the values was computed."""
        return self.events[0].order


@dataclass(frozen=True, eq=False)
class Meaning:
    """A group's values are `factor` times a family's arrays, transposed or not."""

    family: Family
    factor: Factor
    pairing: Pairing
    transposed: bool = False

    @property
    def shown(self) -> str:
        """'N dL/d(Z1)'."""
        name = self.factor.of(self.family.name)
        return f"{name}, transposed" if self.transposed else name

    @property
    def shown_in_full(self) -> str:
        """'N dL/d(Z1)  (Z1 = W1 @ X + b1)'."""
        return f"{self.shown}  ({self.family.detail})" if self.family.detail else self.shown


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


def single(study: Study, group: Group) -> Iterator[Group]:
    """Yield each visit of a group on its own."""
    if group.kind == "all" and 1 < len(group.events) <= 8:
        yield from (group_of(study, [event], "one") for event in group.events)


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


def in_shape(array: Array, shape: tuple[int, ...]) -> Iterator[tuple[Array, bool]]:
    """Yield an array in a shape, as it is or transposed (True)."""
    array = np.asarray(array)
    if array.shape == shape:
        yield array, False
    elif array.size == int(np.prod(shape)) and _plain(array.shape) == _plain(shape):
        yield array.reshape(shape), False
    turned = array.T
    if len(_plain(array.shape)) > 1:
        if turned.shape == shape:
            yield turned, True
        elif array.size == int(np.prod(shape)) and _plain(turned.shape) == _plain(shape):
            yield turned.reshape(shape), True


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def matches(group: Group, family: Family) -> Iterator[tuple[Pairing, bool, list[Array]]]:
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
        for turned in (False, True):
            shaped = [
                next((a for a, t in in_shape(array, value.shape) if t == turned), None)
                for array, value in zip(arrays, group.values, strict=True)
            ]
            if all(a is not None for a in shaped):
                yield pairing, turned, [a for a in shaped if a is not None]


def meanings(group: Group, families: Sequence[Family], factors: Factors, tolerance: float) -> list[Meaning]:
    """Return what a group's values are, the best name first."""
    found = []
    flat = np.concatenate([np.ravel(v).astype(float) for v in group.values])
    scale = float(np.max(np.abs(flat), initial=0.0))
    if not scale or not np.isfinite(scale):
        return []
    for family in families:
        for pairing, turned, arrays in matches(group, family):
            other = np.concatenate([np.ravel(a) for a in arrays])
            norm = float(other @ other)
            if not norm:
                continue
            ratio = float(flat @ other) / norm
            if np.max(np.abs(flat - ratio * other)) <= tolerance * scale:
                factor = factors.named(ratio, 10 * tolerance) or Factor(f"{ratio:.4g}", ratio)
                found.append(Meaning(family, factor, pairing, turned))
                break
    return sorted(found, key=lambda m: (m.transposed, len(m.factor.name) > 0, m.family.rank, len(m.factor.name)))
