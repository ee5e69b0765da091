"""Weighing: what each edit of an expression would give the wrong results, evaluated at every visit of one run."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np

from ..blame.causes import Budget
from ..blame.groups import Group
from ..deadline import SlowError, deadline
from ..record.recorder import PLAIN, RECORDER, Action
from ..subject import Array
from .expression import Expression
from .one import by_one_edit
from .scope import Scope
from .variants import Variant, evaluate
from .versions import WHOLE, Versions

MOST_WEIGHED, MOST_EVALUATIONS, FEWEST = 700, 16000, 120
CLOSE = 1e-6
ADDED = "`=` where `+=` belongs"
FACTOR, LEAST = re.compile(r"the factor `[\w.]+` missing"), 1.04
"""What is missing beside a name that is handed to the next round, such as a gate, and what that costs."""

Known = dict[int, list[Variant]]
"""The variants of each site: they are made once."""


class Weigh(Action):
    """Evaluate the variants of an expression at each visit; add up what each would give the wrong results.

    `then` is what the plan does at the site: the right value is handed on.
    """

    def __init__(
        self,
        group: Group,
        slopes: Sequence[Array | None],
        versions: Versions,
        known: Known,
        budget: Budget,
        then: Action | None,
    ) -> None:
        self.then = then or Action()
        self.visits = {e.occurrence: i for i, e in enumerate(group.events)}
        self.group, self.slopes, self.versions, self.known, self.budget = group, slopes, versions, known, budget
        self.choosing = chooses(group)
        self.expression = Expression(group.site.text)
        if not self.expression.repeatable:
            self.expression, self.versions = Expression(WHOLE), Versions(whole=group.site.text)

    def start(self) -> None:
        """Begin anew."""
        self.then.start()
        self.before: Any = None
        self.count, self.complete = 0, True
        self.shapes: dict[Variant, tuple[int, ...]] = {}
        self.variants: list[Variant] | None = None
        self.odd: list[Variant] = []
        self.mark = 0

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Evaluate the variants; hand on what the plan says."""
        visit = self.visits.get(self.count)
        self.count += 1
        if visit is not None and self.complete:
            try:
                with deadline(self.budget.remaining):
                    self._look(visit, value, frame)
            except SlowError:  # a variant need not end
                self.complete = False
        self.before = self.then.replace(value, frame)
        return self.before

    def _look(self, visit: int, value: Any, frame: FrameType) -> None:
        make = Scope.of if self.variants is None else Scope.plain
        scope = make(frame, self.versions.at(visit, self.before, value))
        with RECORDER.using(PLAIN):
            if self.variants is None:
                most = max(FEWEST << self.choosing, min(MOST_WEIGHED, MOST_EVALUATIONS // len(self.visits)))
                if self.group.site.number not in self.known:
                    self.known[self.group.site.number] = self._generate(scope)[:most]
                self.variants = self.known[self.group.site.number]
                self.alive = [True] * len(self.variants)
                self.marks = [0] * len(self.variants)
                self.scope = scope
                rows = next((s.shape[0] for s in self.slopes if s is not None), 0)
                self.sums = np.zeros((len(self.variants), rows))
                self.now = np.zeros(rows)
            if self.choosing:
                self.mark = hash((self.mark, np.asarray(value, dtype=float).ravel().tobytes()))
            self._weigh(visit, np.asarray(value, dtype=float), scope)

    def _generate(self, scope: Scope) -> list[Variant]:
        target, made = self.group.site.target, by_one_edit(self.expression, scope, self.versions)
        if target in scope.numbers and self.expression.text != target:
            if isinstance(self.expression.tree, ast.Name):  # handed to the next round: dc_next = dc
                made = [replace(v, cost=min(v.cost, LEAST)) if FACTOR.fullmatch(v.did) else v for v in made]
                made.sort(key=lambda v: v.cost)
            made.insert(0, Variant(f"{target} + ({self.expression.text})", ADDED, 1.0))
        return made

    def _weigh(self, visit: int, value: Array, scope: Scope) -> None:
        slope = self.slopes[visit]
        if slope is not None:
            self.now += slope @ value.ravel()
        assert self.variants is not None
        for i, variant in enumerate(self.variants):
            if i % 64 == 0 and self.budget.remaining <= 0:
                self.complete = False
                return
            if not self.alive[i]:
                continue
            found = evaluate(variant, scope)
            self.shapes.setdefault(variant, np.shape(found))
            made = _in_shape(found, value)
            if self.choosing and made is not None:
                self.marks[i] = hash((self.marks[i], made.tobytes()))
            if made is None:
                if visit == 0:
                    self.odd.append(variant)
                self.alive[i] = False
            elif slope is not None:
                self.sums[i] += slope @ made


def _in_shape(made: Any, value: Array) -> Array | None:
    """Return the numbers of a variant in place of a value; None if their count or their size forbids it."""
    array = None if made is None else np.asarray(made)
    if array is None or array.dtype.kind not in "fciub" or array.size != value.size:
        return None
    flat = array.real.ravel().astype(float)
    return flat if np.all(np.isfinite(flat)) else None


def chooses(group: Group) -> bool:
    """Return whether a group's values only choose: masks and indices have no derivative."""
    return all(np.asarray(value).dtype.kind in "biu" for value in group.values)


def adding_up(gains: Array, wanted: Array) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rows whose sum is what is wanted."""
    if not gains.size:
        return
    order = np.argsort(gains[:, 0])
    sorted_first, needed = gains[order, 0], wanted - gains
    low = np.searchsorted(sorted_first, needed[:, 0] - CLOSE)
    high = np.searchsorted(sorted_first, needed[:, 0] + CLOSE)
    for i in np.flatnonzero(high > low):
        for j in order[low[i] : high[i]]:
            if i < j and np.all(np.abs(needed[i] - gains[j]) <= CLOSE):
                yield int(i), int(j)


def mark(value: Any) -> tuple[Any, ...]:
    """Return what tells values apart."""
    flat = np.ravel(value).astype(float)
    return flat.size, f"{float(flat.sum()):.8e}", f"{float(flat @ np.arange(1.0, flat.size + 1)):.8e}"
