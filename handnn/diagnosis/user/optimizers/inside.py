"""A rule written inside of a training loop: the steps that the loop takes on gradients put in place of its own.

One pass is recorded. What equals the gradient of a weight, on the way to its new value, is its gradient; several passes
are then made with given gradients in these places, so that what is left of the network is the rule.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...lines.blame.groups import Put
from ...lines.derive.study import Study
from ...lines.record.recorder import RECORDER
from ...lines.record.recording import Recording
from ...lines.record.tape import Ref, Tape
from ..call.calling import frozen
from ..call.program import Program, constant
from ..call.subject import ProgramSubject
from ..call.visits import after_the_step, moved_as
from ..call.world import Path, get, plain
from ..protocols import Array, Plain
from ..readings.roles import ONCE, parameters
from ..source.syntax import source_of
from ..source.words import LOOP
from .forms import Form, Step
from .steps import Course

EQUAL, GIVEN_RATE = 1e-10, 0.0203125
Place = tuple[int, int, int, float]
"""Where a gradient is: the site, which of its values in a pass, how many it has there; and the multiple that it is."""


@dataclass(frozen=True)
class Inside:
    """A loop with a rule in it.

    Attributes:
        subject: the program of one pass. where: by weight, where its new value is.
        places: by weight, in the order in which they are moved, where its gradient is.
        numbers: the constants in their steps.
    """

    subject: ProgramSubject
    where: Mapping[str, Path]
    places: Mapping[str, Place]
    numbers: frozenset[float]

    @property
    def names(self) -> tuple[str, ...]:
        """The weights."""
        return tuple(self.places)

    @property
    def start(self) -> list[Array]:
        """The weights before the first step."""
        return [np.asarray(self.subject.values[name], "float64") for name in self.names]

    def after(self, course: Course) -> list[Any]:
        """Return the weights after all steps of a course."""
        given: dict[int, dict[int, Array]] = {}
        for step, gradients in enumerate(course.gradients):
            for name, gradient in zip(course.names, gradients, strict=True):
                site, visit, count, factor = self.places[name]
                given.setdefault(site, {})[visit + step * count] = factor * gradient
        values = self.subject.values | dict(zip(course.names, course.start, strict=True))
        with RECORDER.planning({site: Put(arrays) for site, arrays in given.items()}):
            return _after(self.subject, values, [self.where[n] for n in course.names], len(course.gradients))

    def begun(self) -> Step:
        """Return a step by itself: with those before it, from the start."""
        given: list[list[Array]] = []
        start: list[Array] = []

        def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
            start.extend([] if given else xs)
            given.append(gs)
            return self.after(Course(start, given, self.names))

        return step

    def form(self, claimed: Sequence[str]) -> Form:
        """Return the loop as a way to call an optimizer."""
        form = Form(self.begun, "inside of a loop, on gradients put in place of its own")
        form.names, form.claimed, form.whole = self.names, tuple(claimed), self.after
        return form


def inside(subject: ProgramSubject) -> Inside | None:
    """Return the loop of a program whose weights are moved by rules; None if its gradients are not found in it."""
    moved = [p for p in subject.parts if p.name in subject.origins and moved_as(p, subject.program.moved_by)]
    if subject.kind != "network" or subject.program.backward or len(subject.program.forward) != 1 or not moved:
        return None
    study = Study(subject)  # type: ignore[arg-type]
    known = subject.program.rate
    rate = GIVEN_RATE if known is None or known == 1 else known
    subject = replace(subject, program=replace(subject.program, given_rate=GIVEN_RATE))
    right, found = study.right(study.run), study.results(study.run)
    where, targets = dict[str, Path](), dict[str, Array]()
    for leaf in moved:
        source = subject.origins[leaf.name]
        where[leaf.name] = source.place if source.updated and source.place else after_the_step(subject, leaf)
        kept = source.place is not None and not source.updated
        target = found.get(leaf.name) if kept else study.truth[leaf.name] if leaf.name in right else None
        if target is not None and np.any(target):
            targets[leaf.name] = target
    passes = [_recorded(subject, {n: where[n] for n in targets}, count) for count in (1, 2)]
    (ends, tape), (_, twice) = passes
    places, numbers = dict[str, Place](), set[float]()
    for name in sorted(targets, key=lambda n: ends[n]):
        nodes = tape.ancestors(ends[name])
        alike = ((c, [e for e in tape.events if e.node in nodes and _same(tape, e.node, c * targets[name])])
                 for c in (1.0, rate, -rate))  # fmt: skip
        factor, fitting = next((one for one in alike if one[1]), (1.0, []))
        if not fitting:
            continue
        event = [e for e in fitting if e.site == fitting[0].site][-1]  # of a sum the last
        once, both = (sum(e.site == event.site for e in one.events) for one in (tape, twice))
        if once - event.occurrence <= both - once:  # other values were made before the first pass
            places[name] = event.site, event.occurrence, both - once, factor
            numbers |= _numbers(tape, nodes - tape.ancestors(event.node)) | ({rate} if factor != 1 else set())
    return Inside(subject, where, places, frozenset(numbers)) if places else None


def _after(subject: ProgramSubject, values: Mapping[str, Any], where: Sequence[Path], passes: int) -> list[Any]:
    """Return what is at some places after so many passes from these values."""
    own = replace(subject, program=_passing(subject.program, passes), values=dict(values))
    with frozen(own.program.module, own.seed):
        world = own.program.build()
        own.place(world, Plain())
        own.program.go_forward(world)
        return [plain(get(world, place)) for place in where]


def _recorded(subject: ProgramSubject, where: Mapping[str, Path], passes: int) -> tuple[dict[str, int], Tape]:
    """Record so many passes; return the nodes of what is at some places afterwards as well."""
    mode = Recording()
    with RECORDER.using(mode), np.errstate(all="ignore"):
        after = _after(subject, subject.values, list(where.values()), passes)
    return {name: mode.tape.node_of(value) for name, value in zip(where, after, strict=True)}, mode.tape


def _passing(program: Program, passes: int) -> Program:
    """Return a program that makes so many passes: it is told their number, or called again, its counter one ahead."""
    (call,) = program.forward
    built = program.make() if program.make is not None else None
    function = call.function({"self": built})
    told = [name for name in call.keywords if ONCE.fullmatch(name.lower())]
    held = [n for n in vars(built) if ONCE.fullmatch(n.strip("_").lower())] if hasattr(built, "__dict__") else []
    held = [name for name in held if f"self.{name}" in source_of(function)]
    if program.name == LOOP:
        counter = {p.name: p.default for p in parameters(function) if p.default is not inspect.Parameter.empty}
        ahead = ({n: constant(first + i) for n, first in counter.items()} for i in range(passes))
        calls = [replace(call, keywords={**call.keywords, **words}) for words in ahead]
    elif told:
        calls = [replace(call, keywords={**call.keywords, **{name: constant(passes) for name in told}})]
    else:
        calls = [call] * (1 if held else passes)

    def make() -> Any:
        made = program.make() if program.make is not None else None
        for name in held:
            setattr(made, name, passes)
        return made

    return replace(program, make=make if held else program.make, forward=calls, watch=frozenset())


def _same(tape: Tape, node: int, target: Array) -> bool:
    value = tape.nodes[node].array
    atol = EQUAL * np.max(np.abs(target))
    return value.size == target.size and np.allclose(np.ravel(value), np.ravel(target), rtol=0, atol=atol)


def _numbers(tape: Tape, nodes: set[int]) -> set[float]:
    """Return the numbers that nodes were computed from and nothing has computed."""
    found: list[Any] = []
    for node in map(tape.nodes.__getitem__, nodes):
        found += [node.value] if node.function is None else [a for a in node.arguments if not isinstance(a, Ref)]
    return {float(v) for v in found if isinstance(v, float | np.floating)}
