"""What the derivations of a file say of each other: what is right by itself is not to blame for what uses it.

What is wrong by itself is: a softmax of which the slope is wrong, in a network whose layers are right.
"""

import contextlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import lines
from .user.source.engines import operator_of
from .verdict import Verdict

PARTS = ("layer", "activation", "loss")
Lines = set[tuple[Path, int]]


class Beside:
    """The lines of a file's parts that are right by themselves, and what is said of those that are not."""

    def __init__(self) -> None:
        self.right: Lines = set()
        self.wrong: list[dict[str, Any]] = []
        self.in_engine: list[dict[str, Any]] = []
        """Of operators by themselves: what goes back through them has values in many places that a factor mends."""

    def add(self, found: Any, verdict: Verdict) -> None:
        """Remember what a derivation says of others."""
        operators = _operators(found)
        right = verdict.verdict == "match" or (verdict.ok and found.kind == "loss")
        if right and (found.kind in PARTS or operators):
            self.right |= lines_of(found)
        elif operators and is_explained(verdict):
            self.in_engine += verdict.blamed
        elif found.kind in PARTS and verdict.verdict == "wrong":
            self.wrong += [blame for blame in verdict.blamed if blame["fix"] or blame["mistake"]]

    def told(self, found: Any, verdict: Verdict, judged: Callable[[Any], Verdict]) -> Verdict:
        """Return the verdict that blames no line that is right by itself, or what is wrong by itself, if it can."""
        others, run = self.right - lines_of(found), {note["line"] for note in verdict.lines}
        known = [blame for blame in self.in_engine if blame["line"] in run and verdict.verdict == "wrong"]
        if known and not _operators(found):
            verdict.blamed = known
            return verdict
        if not hasattr(found, "cleared"):
            return verdict
        if self.wrong and verdict.blamed and not any(blame["fix"] or blame["mistake"] for blame in verdict.blamed):
            verdict.blamed = _computed_from(found, self.wrong, verdict.blamed) or verdict.blamed
        if not any((Path(blame["file"]), blame["line"]) in others for blame in verdict.blamed):
            return verdict
        other = judged(replace(found, cleared=frozenset(others)))
        explained = is_explained(other) or not any(blame["fix"] for blame in verdict.blamed)
        return other if other.blamed and explained else verdict


def is_explained(verdict: Verdict) -> bool:
    """Return whether each line that a verdict blames has a fix."""
    return bool(verdict.blamed) and all(blame["fix"] for blame in verdict.blamed)


def _operators(found: Any) -> list[Any]:
    """Return the operator of an engine that was tried by itself."""
    parts = found.target if isinstance(found.target, tuple) else (found.target,)
    return [method for part in parts if (method := operator_of(part)) is not None]


def lines_of(found: Any) -> Lines:
    """Return the lines of what was found, each with its file."""
    parts = found.target if isinstance(found.target, tuple) else (found.target,)
    lines_: Lines = set()
    for part in (*parts, *_operators(found)):
        with contextlib.suppress(OSError, TypeError):  # it has no source
            text, first = inspect.getsourcelines(part)
            lines_ |= {(Path(inspect.getfile(part)), first + i) for i in range(len(text))}
    return lines_


def _computed_from(found: Any, wrong: list[dict[str, Any]], blamed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is said of other lines of which all values that are blamed here were computed; [] if of none."""
    try:
        study = lines.Study(found)
    except lines.SubjectError:
        return []
    nodes: dict[tuple[Path, int], set[int]] = {}
    for event in study.backward_events:
        nodes.setdefault((event.place.path, event.place.line), set()).add(event.node)

    def of(blame: dict[str, Any]) -> set[int]:
        return nodes.get((Path(blame["file"]), blame["line"]), set())

    before = [study.tape.ancestors(*of(blame)) if of(blame) else set() for blame in blamed]
    return [blame for blame in wrong if of(blame) and all(of(blame) & nodes_ for nodes_ in before)]
