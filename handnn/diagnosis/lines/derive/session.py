"""Running a subject under a mode of the recorder, and holding its values still or disturbing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..record.recorder import RECORDER, Plan, Planned
from ..record.recording import Recording
from ..record.tape import Tape, is_numeric
from ..subject import Array, Subject
from .rules import quiet


class RunProbe:
    """The probe of one run: moves the leaves, writes on the tape where there is one, and keeps the output."""

    def __init__(self, moves: Mapping[str, Array], tape: Tape | None) -> None:
        self.moves, self.tape = moves, tape
        self.result: Any = None

    def leaf(self, name: str, value: Any) -> Any:
        """Return the value, moved if this run moves it."""
        if name in self.moves:
            moved = np.asarray(value) + self.moves[name]
            value = moved.astype(np.asarray(value).dtype) if isinstance(value, np.ndarray) else type(value)(moved)
        if self.tape is not None and is_numeric(value):
            self.tape.leaves[name] = self.tape.source(value, name)
        return value

    def split(self) -> None:
        """Record where the backward part begins."""
        if self.tape is not None and self.tape.split_at is None:
            self.tape.split_at = len(self.tape.nodes)
            self.tape.split_event = len(self.tape.events)

    def output(self, value: Any, cotangent: Array | None = None) -> None:
        """Record which value is the output."""
        self.result = value
        if self.tape is not None and is_numeric(value):
            self.tape.output, self.tape.cotangent = self.tape.node_of(value), cotangent

    def compute(self, function: Any, *arguments: Any) -> Any:
        """Compute something beside the user's code, on the tape."""
        value = function(*arguments)
        if self.tape is not None and is_numeric(value):
            self.tape.made(value, function, arguments, {})
        return value


@dataclass(frozen=True, slots=True)
class Run:
    """What a run returned; the derivatives as plain arrays. `error` says why there are none."""

    loss: Any
    results: dict[str, Array]
    returned: Mapping[str, Any]
    error: Exception | None = None
    output: Any = None


def run(
    subject: Subject, *, plan: Plan | None = None, moves: Mapping[str, Array] | None = None, backward: bool = True
) -> Run:
    """Run a subject with a plan; what it raises is kept in the result."""
    return under(Planned(plan or {}), subject, RunProbe(moves or {}, None), backward)


def record(subject: Subject, plan: Plan | None = None, backward: bool = True) -> tuple[Run, Tape]:
    """Run a subject and return its tape as well."""
    mode = Recording(plan)
    return under(mode, subject, RunProbe({}, mode.tape), backward), mode.tape


def under(mode: Planned, subject: Subject, probe: RunProbe, backward: bool) -> Run:
    with quiet(), RECORDER.using(mode):
        try:
            loss, returned = subject.run(probe, backward)
        except Exception as error:
            return Run(None, {}, {}, error)
        results = {name: np.asarray(value) for name, value in (returned or {}).items() if value is not None}
        return Run(loss, results, returned or {}, None, probe.result)


def scalar(loss: Any) -> float:
    """Return a loss as a number, nan if it is none."""
    try:
        return float(np.real(np.squeeze(np.asarray(loss))))
    except (TypeError, ValueError):
        return float("nan")
