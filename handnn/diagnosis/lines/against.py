"""A computation held against a reference's own intermediates: an optimizer's steps, or a forward part.

No derivatives here: what a value should be is known by name (m, v, m hat; z1, a1, the loss). A line is to blame if a
true value in its place makes the results right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from time import perf_counter
from typing import Any

import numpy as np

from .blame.causes import Budget, Cause
from .blame.factors import Factor, Factors
from .blame.families import Family
from .blame.groups import Group, Meaning, groups_of, matches
from .blame.search import Search
from .derive.allowance import precision
from .derive.session import Run, record, run
from .derive.study import Study, SubjectError, fitted
from .judgement import Judgement
from .locate import locate
from .record.recorder import Plan
from .record.tape import Event
from .subject import Array, Subject

MOST_PAIRED, SLIGHT = 40, 10
ROUNDED = 0.005
"""The part of the slack that a verdict allows: float32 keeps 1e-7 of a rate."""


@dataclass(frozen=True)
class Reference:
    """What is true: the results by name, and series of intermediates, one array for each time they are computed.

    The result "loss" is the loss that `run` returns, "output" what it announces to `probe.output`. An intermediate
    that a loop computes for each parameter has a series for each parameter, and one of all in turn. `last` are those
    in whose place nearly any mistake is mended: they are tried when no other value, or two, mend it.
    `slack`: how far a result may be off because the reference's own constants are rounded.
    """

    results: Mapping[str, Array]
    values: Mapping[str, Sequence[Array]]
    last: Mapping[str, Sequence[Array]] = field(default_factory=dict)
    slack: Mapping[str, float] = field(default_factory=dict)


class ReferenceStudy(Study):
    """The record of a subject whose results a reference gives."""

    def __init__(self, subject: Subject, reference: Reference, backward: bool) -> None:
        self.subject, self.base, self.reference, self.backward = subject, {}, reference, backward
        self.numeric, self.adjoint = False, None
        self.run, self.tape = record(subject, backward=backward)
        if self.run.error is not None:
            raise SubjectError(f"{subject.name} could not be run") from self.run.error
        self.truth = {name: np.asarray(value, dtype=float) for name, value in reference.results.items()}
        allowed = 8 * precision(self.tape) ** (2 / 3)
        self.allowances = {
            n: allowed * np.max(np.abs(t), initial=0.0) + 1e-300 + ROUNDED * reference.slack.get(n, 0.0)
            for n, t in self.truth.items()
        }
        self.slight = False  # hardly more than what rounded constants do
        if self.wrong:  # the search for lines overlooks what rounded constants do, unless that is all that is wrong
            strict = self.allowances
            self.allowances = {n: a + SLIGHT * reference.slack.get(n, 0.0) for n, a in strict.items()}
            self.slight = self.wrong <= self.right(self.run)
            self.allowances = {n: a + reference.slack.get(n, 0.0) for n, a in strict.items()}
            if self.wrong <= self.right(self.run):
                self.allowances = strict

    def returned_by(self, ran: Run, name: str) -> Any:
        """Return the very object that a run returned as a result, as its loss or as its output."""
        return {"loss": ran.loss, "output": ran.output, **ran.returned}.get(name)

    def results(self, ran: Run) -> dict[str, Array | None]:
        """Return the results that the reference has, in its shapes."""
        own = {name: self.returned_by(ran, name) for name in self.truth}
        return {n: None if own[n] is None else fitted(own[n], t.shape) for n, t in self.truth.items()}

    @property
    def returned(self) -> frozenset[str]:
        """The results that the subject has."""
        return frozenset(n for n, v in self.results(self.run).items() if v is not None)

    @property
    def forward_nodes(self) -> set[int]:
        """No part of the computation is taken for granted."""
        return set()

    @property
    def backward_events(self) -> list[Event]:
        """All events."""
        return self.tape.events

    @property
    def forward_events(self) -> list[Event]:
        """None: every line may be to blame."""
        return []

    def replay(self, plan: Plan) -> Run:
        """Run with a plan, nothing recorded."""
        return run(self.subject, plan=plan, backward=self.backward)


class ReferenceSearch(Search):
    """The search for causes with true values in place of derivatives: no factors, no linearity."""

    unknown = "another value"
    clean = 0.8
    values_first = True

    def __init__(self, study: ReferenceStudy, budget: Budget) -> None:
        kinds = ("value", study.reference.values), ("last", study.reference.last)
        named = [
            Family((kind, n), n, "", tuple(map(np.asarray, series)), 0)
            for kind, values in kinds
            for n, series in values.items()
        ]
        visits = {len(group.events) for group in groups_of(study, study.backward_events)}
        named = [f for f in named if np.ndim(f.arrays[0]) or len(f.arrays) <= MOST_PAIRED or len(f.arrays) in visits]
        final = [Family(("leaf", n), n, "", (t,), 1) for n, t in study.truth.items()]
        super().__init__(study, [*named, *final], budget)
        self.factors = Factors({"": 1.0})
        self.stages = (self._whole, self._last, self._results)
        self.joint_before = self._last
        self.tried = "value"

    @property
    def joint_families(self) -> Sequence[Family]:
        """Only what a reference computes on the way."""
        return [f for f in self.families if f.key[0] == "value"]

    def _last(self, right: frozenset[str]) -> Iterator[Cause]:
        self.tried = "last"
        yield from self._whole(right)

    def _of_group(self, group: Group, right: frozenset[str]) -> Iterator[Cause]:
        for family in self.families:
            if family.key[0] != self.tried:
                continue
            for pairing, arrays in matches(group, family):
                if not self.budget.left():
                    return
                some = not np.ndim(arrays[0]) and len(arrays) < len(family.arrays)  # 1 - beta^t of one step is a number
                if not some and not _alike(group, arrays):
                    yield from self._mending(right, group, Meaning(family, Factor("", 1.0), pairing), arrays)

    def _jointly(self, right: frozenset[str]) -> bool:
        """Blame values that are partly right; otherwise two values of which neither helps without the other."""
        if super()._jointly(right):
            return True
        single = [
            self._cause(group, family, pairing, arrays)
            for group in self._relevant(right)
            for family in self.joint_families
            if len(family.arrays) == len(group.events)
            for pairing, arrays in matches(group, family)
            if not _alike(group, arrays)
        ]
        single.sort(key=_unlike)
        for one, other in combinations(single[:MOST_PAIRED], 2):
            if one.group is not other.group and self.budget.left() and self._blame_all([one, other], right):
                return True
        return False


def _unlike(cause: Cause) -> float:
    """Return how unlike a cause's values are to what they must be: 0 for a multiple."""
    here, there = (np.concatenate([np.ravel(v) for v in values]) for values in (cause.group.values, cause.arrays))
    size = float(np.linalg.norm(here) * np.linalg.norm(there))
    return 1.0 - abs(float(here @ there)) / size if size and np.isfinite(size) else 1.0


def _alike(group: Group, arrays: Sequence[Array]) -> bool:
    """Return whether a group's values are these already."""
    return all(np.allclose(v, a, rtol=1e-9, atol=1e-14) for v, a in zip(group.values, arrays, strict=True))


def against(
    subject: Subject,
    reference: Callable[[Subject], Reference],
    seconds: float = 20.0,
    backward: bool = True,
    draws: int = 2,
) -> Judgement:
    """Judge whether a subject computes what a reference computes, on several draws.

    `reference` returns the truth for a draw; `subject.leaves` hold its data. Without `backward` only the loss and the
    output are compared: the first line of a forward part that differs is blamed. Raises SubjectError.
    """
    begin, budget = perf_counter(), Budget(seconds)
    studies = [ReferenceStudy(subject, reference(subject), backward)]
    studies += [ReferenceStudy(draw, reference(draw), backward) for draw in islice(subject.draws(), draws - 1)]
    wrong = sorted(set().union(*(s.wrong for s in studies)))
    returned = studies[0].returned
    unchecked = [(n, "the subject does not give it") for n in studies[0].truth if n not in returned]
    made = Judgement(not wrong and not unchecked, sorted(returned), unchecked, wrong)
    telling = [s for s in studies if s.wrong]
    made.slight = bool(telling) and all(s.slight for s in telling)
    if telling:
        locate(ReferenceSearch(telling[0], budget), [ReferenceSearch(s, budget) for s in telling[1:2]], made)
    made.complete, made.seconds = not budget.exceeded, perf_counter() - begin
    return made
