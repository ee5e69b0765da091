"""One draw studied: what the subject returned, the truth, and which results are wrong."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ..deadline import within
from ..record.recorder import Plan
from ..record.recording import Recording
from ..record.tape import Event, Tape
from ..subject import Array, Subject
from . import allowance
from .adjoint import Adjoint, accumulate, disturbed, seeds_of
from .session import Run, RunProbe, record, run, under

COARSE = 1e-10
"""Floats with a larger rounding, such as float32, are disturbed by larger steps."""
VAGUE = 0.1
"""The share of a derivative that rounding may change, above which its result could be anything."""
LONGEST = 3.0
"""Seconds of computing that a run with a plan may take."""


class SubjectError(Exception):
    """The subject could not be run; the cause is what it raised."""


def fitted(value: Any, shape: tuple[int, ...]) -> Array | None:
    """Return a result in the shape of its leaf; None if it has another number of elements."""
    array = np.asarray(value)
    if array.dtype.kind not in "fciub" or array.size != int(np.prod(shape)):
        return None
    return array.reshape(shape).astype(float)


class Study:
    """The record of a subject on one draw. `base` is a plan that every run follows."""

    def __init__(self, subject: Subject, base: Plan | None = None) -> None:
        self.subject, self.base = subject, base or {}
        self.run, self.tape = self.record({})
        if self.run.error is not None:
            raise SubjectError(f"{subject.name} could not be run") from self.run.error
        self.numeric, self.precision = False, allowance.precision(self.tape)
        seeds = seeds_of(self.tape, self.run.loss)
        self.adjoint: Adjoint | None = accumulate(self.tape, seeds) if seeds else None
        self.truth = {name: self._derivative(name) for name in subject.claimed if name in self.tape.leaves}
        self._confirm()

    def _derivative(self, name: str) -> Array:
        shape = np.shape(self.subject.leaves[name])
        return np.zeros(shape) if self.adjoint is None else self.adjoint.leaf(self.tape, name).reshape(shape)

    def _confirm(self) -> None:
        """Hold the derivatives against a disturbance of all leaves; where they differ, disturb each element."""
        random = np.random.default_rng(11)
        moves = {n: random.normal(size=np.shape(self.subject.leaves[n])) for n in self.truth}
        nearer = 0.01 if self.precision < COARSE else 0.1
        for step in (1.0, nearer):  # nearer, where a kink was between
            slope, error = disturbed(self.subject, {n: step * m for n, m in moves.items()}, self.base)
            said = step * sum(float(np.sum(self.truth[n] * moves[n])) for n in moves)
            scale = step * sum(float(np.sum(np.abs(self.truth[n] * moves[n]))) for n in moves)
            tells = step == 1.0 or 4 * error <= max(scale, abs(slope))  # rounding may be all that a small step shows
            if (tells and abs(slope - said) <= 4 * error + 1e-7 * scale) or not np.isfinite(slope):
                return
        self._by_disturbance()

    def _by_disturbance(self) -> None:
        """Take the derivatives by the leaves from disturbances alone."""
        self.numeric, self.adjoint = True, None
        self.errors = {}
        for name in self.truth:
            shape = np.shape(self.subject.leaves[name])
            value, error = np.zeros(shape), np.zeros(shape)
            for i in np.ndindex(shape):
                unit = np.zeros(shape)
                unit[i] = 1.0
                value[i], error[i] = disturbed(self.subject, {name: unit}, self.base, self.precision)
            self.truth[name], self.errors[name] = value, error

    # --- right and wrong

    def returned_by(self, ran: Run, name: str) -> Any:
        """Return the very object that a run returned as a result."""
        return ran.returned.get(name)

    def results(self, ran: Run) -> dict[str, Array | None]:
        """Return the derivatives that a run returned, in the shapes of their leaves."""
        shapes = {name: np.shape(self.subject.leaves[name]) for name in self.truth}
        return {n: fitted(ran.results[n], shapes[n]) if n in ran.results else None for n in shapes}

    def _measure(self, plan: Plan, moves: Mapping[str, Array]) -> Any:
        mode = Recording({**self.base, **plan})
        ran = under(mode, self.subject, RunProbe(moves, mode.tape), True)
        seeds = None if ran.error else seeds_of(mode.tape, ran.loss)
        if seeds is None:
            return None
        adjoint = accumulate(mode.tape, seeds)
        truth = {n: adjoint.leaf(mode.tape, n).reshape(np.shape(t)) for n, t in self.truth.items()}
        values = self.results(ran)
        return {n: v - truth[n] for n, v in values.items() if v is not None}, truth

    @cached_property
    def distances(self) -> dict[str, Array]:
        """Result - truth, of the results that have the right number of elements."""
        return {n: v - self.truth[n] for n, v in self.results(self.run).items() if v is not None}

    @cached_property
    def allowances(self) -> dict[str, Array]:
        """How far each result may be from the truth."""
        base = self.distances
        if self.numeric:
            return {n: 8 * self.errors[n] + 1e-6 * np.max(np.abs(self.truth[n]), initial=0.0) for n in base}
        lost = {n: allowance.cancelled(self.tape, self.run.returned.get(n), self.precision) for n in base}
        least = allowance.rounding(self._measure, base, self.truth, self.subject.leaves, self.precision)
        least = {n: least[n] + lost[n] for n in base}
        if all(np.all(np.abs(base[n]) <= least[n]) for n in base):
            return dict(least)
        more = allowance.written(self._measure, self.tape, base, self.truth)
        return {n: least[n] + more[n] for n in base}

    def right(self, ran: Run) -> frozenset[str]:
        """Return the names of the results that are right."""
        values = self.results(ran)
        return frozenset(n for n, v in values.items() if v is not None and self.agrees(n, v))

    def agrees(self, name: str, value: Array) -> bool:
        """Return whether a value is the derivative by a leaf."""
        allowed = self.allowances.get(name, 1e-9 * np.max(np.abs(self.truth[name]), initial=0.0))
        return bool(np.all(np.abs(value - self.truth[name]) <= allowed))

    @cached_property
    def returned(self) -> frozenset[str]:
        """The claimed results that were returned."""
        return frozenset(n for n in self.truth if n in self.run.results)

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The returned results that are wrong."""
        return self.returned - self.right(self.run)

    @cached_property
    def telling(self) -> frozenset[str]:
        """The results that could show a mistake here: their derivative is not zero everywhere, nor lost in rounding."""
        moving = {n: np.max(np.abs(t), initial=0.0) for n, t in self.truth.items() if np.any(np.abs(t) > 1e-12)}
        allowed = self.allowances if self.returned else {}
        return frozenset(n for n, most in moving.items() if not np.max(allowed.get(n, 0.0), initial=0.0) > VAGUE * most)

    # --- the backward part

    @cached_property
    def backward_events(self) -> list[Event]:
        """The events of the backward part, in order, without those of lines that are right by themselves."""
        forward = self.forward_nodes if self.tape.split_at is None else set()
        events = self.tape.events[self.tape.split_event if self.tape.split_at is not None else 0 :]
        cleared = getattr(self.subject, "cleared", ())
        known = [e for e in events if e.node not in forward]
        return [e for e in known if (e.place.path, e.place.line) not in cleared] if cleared else known

    @cached_property
    def forward_nodes(self) -> set[int]:
        """The nodes that the loss was computed from."""
        return set() if self.adjoint is None else self.tape.ancestors(self.adjoint.seed)

    @cached_property
    def forward_events(self) -> list[Event]:
        """The events of the forward part that the loss depends on."""
        end = self.tape.split_event if self.tape.split_at is not None else len(self.tape.events)
        return [e for e in self.tape.events[:end] if e.node in self.forward_nodes]

    def replay(self, plan: Plan) -> Run:
        """Run with a plan, nothing recorded; an edit may make a loop that never ends."""
        ran = within(LONGEST, lambda: run(self.subject, plan={**self.base, **plan}))
        return ran or Run(None, {}, {}, TimeoutError())

    def record(self, plan: Plan) -> tuple[Run, Tape]:
        """Run with a plan and return the tape as well."""
        return record(self.subject, {**self.base, **plan})

    def exact(self) -> "Study":
        """Return the study without tiny numbers added against log(0), unless that changes what is wrong.

        Values of the backward part are then what they should be to rounding.
        """
        tiny = {} if self.numeric else allowance.tiny(self.tape)
        if not tiny:
            return self
        try:
            study = Study(self.subject, {site: allowance.Shift(-number) for site, number in tiny.items()})
        except SubjectError:
            return self
        finite = all(np.all(np.isfinite(value)) for value in study.truth.values())
        return study if finite and not study.numeric and study.wrong == self.wrong else self
