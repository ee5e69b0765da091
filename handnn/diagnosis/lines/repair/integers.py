"""Statements that compute whole numbers, or take a name or a function out of a list. They are not on the tape.

`start = i` where `i * stride` belongs, `act = acts[k - 1]` for `acts[k]`: an edit of such a statement has to be run.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from ..blame.groups import Group
from ..derive.study import Study
from ..record.recorder import PLAIN, RECORDER, Action, Plan
from ..record.sites import SITES, Site
from ..record.tape import Event
from .expression import Expression
from .one import by_one_edit
from .scope import Scope
from .variants import Variant
from .versions import Versions

ROLES = ("value", "binary", "call", "item", "unary")
MOST_SITES, MOST_VISITS = 24, 2000
SMALL, NEEDLESS = 1.2, re.compile(r"\d\)? [-+] 1\b")
UNLIKELY = re.compile(r"np\.|\*\*|1 - |0\.\d|^-|\.T\.|\[\d [-+] 1\]|\.(sum|mean)\(|eps")


class Counted(Action):
    """Keep the whole numbers that an expression has."""

    def start(self) -> None:
        """Begin with the first visit."""
        self.values: list[int] = []
        self.whole = True

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Hand on what it is."""
        self.whole = self.whole and type(value) is int
        if self.whole:
            self.values.append(value)
        return value


def integer_groups(study: Study, plan: Plan, lines: set[tuple[Any, str]]) -> list[Group]:
    """Return the groups of whole numbers that the functions of some lines assign to names.

    Args:
        lines: (file, function) of the lines that are looked at.
    """
    known = {event.site for event in study.tape.events}
    looked = {site.number: Counted() for site in _assigning(lines) if site.number not in known}
    study.replay({**plan, **looked})
    found = []
    for number, counted in looked.items():
        if counted.whole and 0 < len(counted.values) <= MOST_VISITS:
            events = tuple(Event(-1, number, i, 0) for i in range(len(counted.values)))
            found.append(Group(events, tuple(np.array(v) for v in counted.values)))
    return found


class _Choosing(Action):
    """Make the edits, at the first visit, of an expression that takes a name or a function by an index."""

    def __init__(self, site: Site) -> None:
        self.site, self.seen, self.made = site, False, list[Variant]()

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value as it is."""
        if not self.seen and (isinstance(value, str) or callable(value)):
            with RECORDER.using(PLAIN):
                scope = Scope.of(frame)
                made = by_one_edit(Expression(self.site.text), scope, Versions())
                small = (v for v in made if v.cost <= SMALL and not NEEDLESS.search(v.text))
                self.made = [v for v in small if _is_another(v, value, scope)]
        self.seen = True
        return value


class Taken(Action):
    """Evaluate another expression in place of one, whatever its value is."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value of the variant."""
        with RECORDER.using(PLAIN):
            return Scope.plain(frame).evaluate(self.variant.code)


def _is_another(variant: Variant, value: Any, scope: Scope) -> bool:
    """Return whether a variant gives another value of the same kind."""
    try:
        made = scope.evaluate(variant.code)
    except Exception:
        return False
    return type(made) is type(value) and made != value


def other_choices(study: Study, plan: Plan, lines: set[tuple[Any, str]]) -> list[tuple[Group, Variant]]:
    """Return the edits of what takes a name or a function out of a list: act = layers[k - 2]["act"]."""
    known = {event.site for event in study.tape.events}
    looked = {s.number: _Choosing(s) for s in _assigning(lines) if s.number not in known and "[" in s.text}
    study.replay({**plan, **looked})
    return [
        (Group((Event(-1, number, 0, 0),), (np.zeros(1),)), variant)
        for number, one in looked.items() for variant in one.made
    ]  # fmt: skip


def whole_numbers_of(path: Path, function: str, name: str) -> list[Event]:
    """Return events that stand for the statements of a function that give a name to a computed whole number."""
    sites = [s for s in SITES if (s.path, s.function, s.target) == (path, function, name) and s.root]
    return [Event(-1, s.number, 0, 0) for s in sites if s.role == "binary"]


def likely(text: str | None) -> bool:
    """Return whether an expression is one that people write for whole numbers."""
    return text is not None and UNLIKELY.search(text) is None


def _assigning(lines: set[tuple[Any, str]]) -> Iterator[Site]:
    sites = [s for s in SITES if (s.path, s.function) in lines and s.root and s.role in ROLES]
    yield from [s for s in sites if s.target and s.target.isidentifier()][:MOST_SITES]
