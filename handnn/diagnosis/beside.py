"""What the derivations of a file say of each other: what is right by itself is not to blame for what uses it.

What is wrong by itself is: a softmax of which the slope is wrong, in a network whose layers are right.
"""

import contextlib
import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import lines
from .user.source.engines import operator_of
from .verdict import Verdict

PARTS = ("layer", "activation", "loss")
MANY = 2
NUMBER = re.compile(r"the factor `?-?[\d.]+( / \d+)?`? missing")
Lines = set[tuple[Path, int]]


class Beside:
    """The lines of a file's parts that are right by themselves, and what is said of those that are not."""

    def __init__(self) -> None:
        self.right: Lines = set()
        self.wrong: list[dict[str, Any]] = []
        self.called: dict[tuple[Path, int], str] = {}
        """By line that is wrong in a function of its own, what that is called."""
        self.back: Lines = set()
        """Of the way back of an engine of which an operator is right."""
        self.in_engine: list[list[dict[str, Any]]] = []
        """What is said of each operator that is wrong. Where more than one is, it may be the way back of all."""

    def add(self, found: Any, verdict: Verdict) -> None:
        """Remember what a derivation says of others."""
        operator = operator_of(_parts(found)[0])
        if verdict.verdict == "match" or (verdict.ok and found.kind == "loss"):
            if found.kind in PARTS or operator:
                self.right |= lines_of(*_parts(found), *operator[:1])
            self.back |= lines_of(*operator[1:])
        elif found.kind in PARTS and verdict.verdict == "wrong":
            self.wrong += [blame for blame in verdict.blamed if blame["fix"] or blame["mistake"]]
            for part in filter(inspect.isfunction, _parts(found)):
                self.called |= dict.fromkeys(lines_of(part) & set(map(_place, self.wrong)), part.__name__)
        elif operator and operator[0] not in operator[1:] and verdict.verdict == "wrong":
            self.in_engine.append(verdict.blamed)

    def told(self, found: Any, verdict: Verdict, judged: Callable[[Any], Verdict]) -> Verdict:
        """Return the verdict that blames no line that is right by itself, or what is wrong by itself, if it can."""
        operator = operator_of(_parts(found)[0])
        if not hasattr(found, "cleared"):
            return verdict
        others = self.right | (self.back if len(self.in_engine) + bool(operator) < MANY else set())
        others -= lines_of(*_parts(found), *operator[:1])
        if self.wrong and verdict.blamed and not any(blame["fix"] or blame["mistake"] for blame in verdict.blamed):
            verdict.blamed = _computed_from(found, self.wrong, verdict.blamed) or verdict.blamed
        verdict.blamed = self._called_by(found, verdict.blamed)

        def blames_right(said: Verdict) -> bool:
            return any(_place(blame) in others for blame in said.blamed)

        if blames_right(verdict):
            other = judged(replace(found, cleared=frozenset(others)))
            explained = is_explained(other) or not any(blame["fix"] for blame in verdict.blamed)
            if _only_by_a_number(other) and is_explained(verdict):  # which makes up for nearly anything
                return verdict
            verdict = other if other.blamed and explained else verdict
        doubtful = verdict.verdict == "wrong" and (not is_explained(verdict) or blames_right(verdict))
        if doubtful and len(self.in_engine) == 1:
            verdict.blamed = _run_in(verdict, self.in_engine[0]) or verdict.blamed
        return verdict

    def _called_by(self, found: Any, blamed: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what is blamed; for a line that calls a function with one that is wrong by itself that one, once."""
        own, told = lines_of(*_parts(found)) if found.kind in PARTS else set(), list[dict[str, Any]]()
        for blame in blamed:
            inner = [one for one in self.wrong if _place(one) in self.called.keys() - own
                     and re.search(rf"\b{self.called[_place(one)]}\(", blame["code"])]  # fmt: skip
            there = (inner and _computed_from(found, inner, [blame])) or [blame]
            told += [one for one in there if one not in told]
        return told


def _place(blame: dict[str, Any]) -> tuple[Path, int]:
    return Path(blame["file"]), blame["line"]


def _only_by_a_number(verdict: Verdict) -> bool:
    """Return whether all that is said of one of the lines is a number that it lacks as a factor."""
    return any(NUMBER.fullmatch(str(blame["mistake"])) for blame in verdict.blamed)


def _run_in(verdict: Verdict, blamed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is said of other lines that a derivation ran."""
    run = {note["line"] for note in verdict.lines}
    return [blame for blame in blamed if blame["line"] in run]


def is_explained(verdict: Verdict) -> bool:
    """Return whether each line that a verdict blames has a fix."""
    return bool(verdict.blamed) and all(blame["fix"] for blame in verdict.blamed)


def _parts(found: Any) -> tuple[Any, ...]:
    return found.target if isinstance(found.target, tuple) else (found.target,)


def lines_of(*parts: Any) -> Lines:
    """Return the lines of functions and classes, each with its file."""
    lines_: Lines = set()
    for part in parts:
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
