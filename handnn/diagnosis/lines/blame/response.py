"""How wrong results respond to values of the backward part: reverse accumulation over the backward tape.

Backward parts are linear in the derivatives they hand on. So another value makes a result right only if it fits a few
numbers: what random combinations of the result's elements gain. No run is needed for that.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import FrameType
from typing import Any

import numpy as np

from ..derive.adjoint import accumulate
from ..derive.rules import pull_back
from ..derive.study import Study
from ..record.recorder import Action, Plan
from ..record.tape import Tape
from ..subject import Array
from .groups import Group

COMBINATIONS = 2
STEP = 0.25


Wanted = Sequence[tuple[int | None, Array]]
"""Nodes and what their values should be; None for a value that is not on the tape."""


class Enlarge(Action):
    """Make every value at a site larger by a quarter."""

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the larger value."""
        return value * (1 + STEP)


class Responses:
    """The tape of a run, with the causes found so far mended, and its results' distances from the truth.

    `rows` are a few random combinations of each wrong result; `missing` is what each lacks, `scale` its size.
    """

    def __init__(self, study: Study, plan: Plan, tape: Tape, wanted: Mapping[str, Wanted]) -> None:
        self.study, self.plan, self.tape = study, plan, tape
        self.wrong = sorted(wanted)
        self.linked = all(node is not None for values in wanted.values() for node, _ in values)
        self.rows: list[tuple[str, dict[int, Array]]] = []
        self.events = {(e.site, e.occurrence): e for e in tape.events}
        self._linear: dict[int, bool] = {}
        missing, scale = [], []
        random = np.random.default_rng(13)
        for name in self.wrong:
            values = [(node, tape.nodes[node].array, truth) for node, truth in wanted[name] if node is not None]
            if not values or any(v.size != t.size or not np.all(np.isfinite(v)) for _, v, t in values):
                continue
            for _ in range(COMBINATIONS):
                row = {node: np.array(random.normal(size=value.shape)) for node, value, _ in values}
                pairs = [(row[n].ravel(), v.ravel(), t.ravel()) for n, v, t in values]
                self.rows.append((name, row))
                missing.append(sum(float(r @ (t - v)) for r, v, t in pairs))
                scale.append(sum(float(np.abs(r) @ (np.abs(t) + np.abs(v))) for r, v, t in pairs) + 1e-300)
        self.missing, self.scale = np.array(missing), np.array(scale)

    @classmethod
    def of_results(cls, study: Study, plan: Plan, wrong: frozenset[str]) -> "Responses":
        """Return how the wrong results respond."""
        ran, tape = study.record(plan)
        nodes = {name: tape.find(study.returned_by(ran, name)) for name in wrong}
        return cls(study, plan, tape, {name: [(nodes[name], study.truth[name])] for name in wrong})

    @classmethod
    def of_values(cls, study: Study, plan: Plan, cause: Any) -> "Responses":
        """Return how the values of a cause respond, where the right ones are handed on in their place."""
        _, tape = study.record(plan)
        here = {e.occurrence: e.node for e in tape.events if e.site == cause.group.site.number}
        values = [(here.get(e.occurrence), a) for e, a in zip(cause.group.events, cause.arrays, strict=True)]
        return cls(study, plan, tape, {"value": values})

    def _nodes(self, group: Group) -> list[int | None]:
        places = [self.events.get((e.site, e.occurrence)) for e in group.events]
        return [None if e is None else e.node for e in places]

    @cached_property
    def _whole(self) -> list[dict[int, Array]]:
        """The derivatives of each row by every value of the backward part."""
        first = min((e.node for e in self.study.backward_events), default=0)
        return [accumulate(self.tape, row, first).nodes for _, row in self.rows]

    def matrices(self, group: Group) -> list[Array | None]:
        """Return, for each visit, the derivatives of all rows by the value; None if nothing wrong depends on it."""
        made: list[Array | None] = []
        for event, node in zip(group.events, self._nodes(group), strict=True):
            parts = [None if node is None else found.get(node) for found in self._whole]
            if node is not None and event.place.added and event.place.role == "value":
                parts = self._by_statement(self.events[event.site, event.occurrence].order + 1, node)
            size = 0 if node is None else self.tape.nodes[node].array.size
            some = any(p is not None for p in parts)
            made.append(np.array([np.zeros(size) if p is None else p.ravel() for p in parts]) if some else None)
        return made

    def _by_statement(self, order: int, node: int) -> list[Array | None]:
        """Return the derivatives of all rows by a value in the one statement that adds it to something."""
        nodes, last = self.tape.nodes, self.tape.events[order].node
        users = [n for n in (last, *nodes[last].parents) if node in nodes[n].parents]
        made: list[Array | None] = []
        for found in self._whole:
            up = found.get(users[0]) if users else None
            made.append(None if up is None else np.asarray(pull_back(self.tape, nodes[users[0]], up)[node]))
        return made

    def slopes(self, group: Group) -> dict[str, list[Array | None]]:
        """Return, by wrong result, how its combination moves with each value of a group, the others held still."""
        nodes = self._nodes(group)
        cut = frozenset(node for node in nodes if node is not None)
        if not cut:
            return {}
        chained = len(cut) > 1 and self._chained(cut)
        found: dict[str, list[Array | None]] = {}
        for i, row in enumerate(self.rows[::COMBINATIONS]):
            reached = accumulate(self.tape, row[1], min(cut), cut).nodes if chained else self._whole[i * COMBINATIONS]
            parts = [None if node is None else reached.get(node) for node in nodes]
            if any(p is not None for p in parts):
                found[row[0]] = parts
        return found

    def _chained(self, nodes: frozenset[int]) -> bool:
        """Return whether one of some values was computed from another."""
        reached = {min(nodes)}
        for index in range(min(nodes) + 1, max(nodes) + 1):
            if any(parent in reached for parent in self.tape.nodes[index].parents):
                if index in nodes:
                    return True
                reached.add(index)
            elif index in nodes:
                reached.add(index)
        return False

    def ratios(
        self, slopes: Mapping[str, Sequence[Array | None]], group: Group, arrays: Sequence[Array]
    ) -> dict[str, float]:
        """Return, by wrong result, the c for which c * arrays in place of the group's values could make it right."""
        found = {}
        missing = {name: self.missing[i] for i, (name, _) in enumerate(self.rows) if i % COMBINATIONS == 0}
        for name, parts in slopes.items():
            full = now = 0.0
            for slope, event, array in zip(parts, group.events, arrays, strict=True):
                here = self.events.get((event.site, event.occurrence))
                if slope is not None and here is not None:
                    full += float(slope.ravel() @ array.ravel())
                    now += float(slope.ravel() @ self.tape.nodes[here.node].array.ravel())
            if abs(full) > 1e-14:
                found[name] = (missing[name] + now) / full
        return found

    def named(self, fit: Array) -> frozenset[str]:
        """Return the results of which all rows fit."""
        names = {name for name, _ in self.rows}
        return frozenset(names - {name for (name, _), fits in zip(self.rows, fit, strict=True) if not fits})

    def linear(self, group: Group) -> bool:
        """Return whether the results move with a group's values as their derivatives say: measured by one run."""
        site = group.site.number
        if site not in self._linear:
            if self.wrong == ["value"]:
                return True
            values = self.study.results(self.study.replay({**self.plan, site: Enlarge()}))
            before = self.study.results(self.study.replay(self.plan))
            said = np.zeros(len(self.rows))
            for slope, node in zip(self.matrices(group), self._nodes(group), strict=True):
                if slope is not None and node is not None:
                    said += STEP * slope @ self.tape.nodes[node].array.ravel()
            seen = np.zeros(len(self.rows))
            for i, (name, row) in enumerate(self.rows):
                new, old = values.get(name), before.get(name)
                if new is None or old is None:
                    seen[i] = np.inf
                else:
                    seen[i] = sum(float(part.ravel() @ (new - old).ravel()) for part in row.values())
            with np.errstate(invalid="ignore"):
                self._linear[site] = bool(np.all(np.abs(seen - said) <= 1e-6 * (self.scale + np.abs(said))))
        return self._linear[site]
