"""Shares: a value of several uses is derived through each of them, and some may have been forgotten."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from types import FrameType
from typing import Any

import numpy as np

from ..derive.adjoint import accumulate
from ..derive.study import Study
from ..record.sites import SITES
from ..subject import Array
from .causes import Cause, put_plan
from .families import place_of
from .groups import Put
from .search import Search

MOST_USES, MOST_TIMES, MOST_LATER, CLOSE, FEWEST, SMALL = 8, 3, 40, 1e-6, 3, 20_000
Uses = dict[tuple[int, int], Array]


class _Seen(Put):
    """Put arrays in place of values, and keep the values."""

    def start(self) -> None:
        """Begin anew."""
        super().start()
        self.kept: list[Array] = []

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the array for this occurrence."""
        if self.count in self.values:
            self.kept.append(np.ravel(np.asarray(value, dtype=float)))
        return super().replace(value, frame)


def forgotten(cause: Cause, search: Search) -> str | None:
    """Say through which uses of a value its derivative is missing, if what stands there is that through the others."""
    study, meaning = search.study, cause.must_be
    if meaning is None or study.adjoint is None or cause.group.site.mutates:
        return None
    nodes = meaning.pairing.pick(meaning.family.nodes, len(cause.group.events))
    seen = _Seen(cause.put)  # what each round makes of the right values of those before
    study.replay({**put_plan([c for c in search.causes if c is not cause], search), cause.group.site.number: seen})
    here, there = np.concatenate(seen.kept or [np.zeros(0)]), np.concatenate([np.ravel(a) for a in cause.arrays])
    if not nodes or here.shape != there.shape or not np.any(here):
        return None
    shares = _by_use(study, _handed_on(study, nodes))
    if meaning.family.key[0] == "but":
        shares = {use: share for use, share in shares.items() if place_of(use[0]) != meaning.family.key[2]}
    told = _told(shares, here, there, meaning.factor.value, search)
    for later in _later(study, nodes[0]) if told is None and len(nodes) == 1 and len(study.tape.nodes) < SMALL else ():
        told = told or _told(later, here, there, meaning.factor.value, search)
    return told


def _told(shares: Uses, here: Array, there: Array, times: float, search: Search) -> str | None:
    """Say which shares are missing in a value, None if none are."""
    if not 2 <= len(shares) <= MOST_USES:
        return None
    for exactly in (True, False):
        for count in range(1, len(shares)):
            for uses in combinations(shares, count):
                lost = times * np.sum([shares[use] for use in uses], axis=0)
                c = _times(here, there - lost) if lost.shape == there.shape and np.any(lost) else None
                factor = None if c is None else search.factors.named(c)
                if factor is not None and (factor.name == "") == exactly:
                    more = "" if exactly else f", and the rest is {factor.name} times what it must be"
                    return f"what goes through {' and '.join(map(_shown, uses))} is missing{more}"
    return None


def _later(study: Study, node: int) -> Iterator[Uses]:
    """Yield what comes back to a node through each use of what is computed from it: of pt = where(y, p, 1 - p)."""
    assert study.adjoint is not None
    parents = sorted({parent for parent, _ in study.adjoint.uses if parent > node})[:MOST_LATER]
    for parent in parents:
        shares = _by_use(study, [parent])
        shape = np.shape(study.tape.nodes[parent].value)
        back = {
            use: accumulate(study.tape, {parent: share.reshape(shape)}, node).nodes for use, share in shares.items()
        }
        if all(node in found for found in back.values()):
            yield {use: np.ravel(found[node]) for use, found in back.items()}


def _times(here: Array, rest: Array) -> float | None:
    """Return the c of which one array is c times another, None if there is none."""
    size = float(rest @ rest)
    c = float(here @ rest) / size if size and rest.size >= FEWEST else 1.0
    close = np.all(np.abs(here - c * rest) <= CLOSE * np.max(np.abs(here)))
    return c if close and size else None


def _handed_on(study: Study, nodes: Sequence[int]) -> list[int]:
    """Return the nodes of several uses that nodes are handed on to as they are."""
    assert study.adjoint is not None
    known, users = study.adjoint.nodes, dict[int, list[int]]()
    for user in study.forward_nodes:
        for parent in set(study.tape.nodes[user].parents):
            users.setdefault(parent, []).append(user)
    found = []
    for node in nodes:
        last = node
        while len(users.get(last, ())) == 1 and np.array_equal(known.get(users[last][0], 0), known.get(last, 1)):
            last = users[last][0]
        found.append(last)
    return found


def _by_use(study: Study, nodes: Sequence[int]) -> Uses:
    """Return what comes back through each use: of all nodes one after the other.

    A use is a site, and which time it is if it uses a node a few times, as a function that is called twice.
    """
    assert study.adjoint is not None
    site_of = {event.node: event.site for event in reversed(study.forward_events)}
    found: dict[tuple[int, int], dict[int, Array]] = {}
    for (parent, consumer), share in sorted(study.adjoint.uses.items(), key=lambda item: item[0]):
        if parent in nodes and consumer in site_of:
            site, time = site_of[consumer], 0
            while parent in found.get((site, time), {}):
                time += 1
            found.setdefault((site, time), {})[parent] = share
    often = {site for site, time in found if time >= MOST_TIMES}
    shares: Uses = {}
    for (site, time), at in found.items():
        use = site, 0 if site in often else time
        whole = [np.ravel(at.get(n, np.zeros(np.shape(study.tape.nodes[n].value)))) for n in nodes]
        shares[use] = shares.get(use, 0) + np.concatenate(whole)
    return shares


def _shown(use: tuple[int, int]) -> str:
    site, time = SITES[use[0]], ("", ", the second time", ", the third time")[use[1]]
    return f"`{' '.join(site.text.split())}` (line {site.line}{time})"
