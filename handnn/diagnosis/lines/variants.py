"""Variants: expressions and statements that are tried in place of those that the user wrote."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .groups import alike
from .recorder import PLAIN, RECORDER, Action
from .scope import Scope
from .subject import Array


@dataclass(frozen=True, eq=False)
class Variant:
    """Another text for an expression. `did` says what was written in its place; `fix` is what a report shows."""

    text: str
    did: str
    cost: float
    fix: str
    line: int = 0

    @cached_property
    def code(self) -> CodeType:
        """The compiled text."""
        return compile(f"({self.text})", "<variant>", "eval")


Names = Mapping[str, Sequence[Any]]
"""Names that only variants can read: their value by visit of the site."""


def evaluate(variant: Variant, scope: Scope) -> Any:
    """Return the value of a variant, None if it has none."""
    try:
        with RECORDER.using(PLAIN):
            value = scope.evaluate(variant.code)
        return value if isinstance(value, int | float | np.ndarray | np.generic) else None
    except Exception:
        return None


def agree(value: Any, target: Array, tolerance: float) -> bool:
    """Return whether a value is the one that belongs there."""
    array = np.asarray(value)
    if array.size != target.size or array.dtype.kind not in "fciub":
        return False
    if array.shape != target.shape and [n for n in array.shape if n > 1] != [n for n in target.shape if n > 1]:
        return False
    scale = float(np.max(np.abs(target), initial=0.0))
    return bool(np.max(np.abs(np.ravel(array) - np.ravel(target)), initial=0.0) <= tolerance * scale)


def _given(names: Names, visit: int) -> dict[str, Any]:
    return {name: values[min(visit, len(values) - 1)] for name, values in names.items()}


class Screen(Action):
    """Evaluate many variants where the right values are known; `alive` are those that gave them at every visit."""

    def __init__(
        self, targets: Mapping[int, Array], generate: Callable[[Scope], Sequence[Variant]], names: Names, tolerance: float
    ) -> None:
        self.targets, self.generate, self.names, self.tolerance = targets, generate, names, tolerance
        self.alive: list[Variant] | None = None
        self.count = self.visit = 0

    def start(self) -> None:
        """Begin with all variants."""
        self.alive, self.count, self.visit = None, 0, 0

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Drop the variants that are wrong here; go on with the right value."""
        self.count += 1
        if self.count - 1 not in self.targets:
            return value
        target = self.targets[self.count - 1]
        scope = Scope.of(frame, _given(self.names, self.visit))
        variants = self.generate(scope) if self.alive is None else self.alive
        self.alive = [v for v in variants if agree(evaluate(v, scope), target, self.tolerance)]
        self.visit += 1
        return alike(target, value)


class Survey(Action):
    """Evaluate variants once; keep the first of each different value, none of the value that is there."""

    def __init__(self, first: int, generate: Callable[[Scope], Sequence[Variant]], names: Names) -> None:
        self.first, self.generate, self.names = first, generate, names
        self.found: list[Variant] = []
        self.count = 0

    def start(self) -> None:
        """Begin anew."""
        self.count, self.found = 0, []

    def look(self, value: Any, frame: FrameType) -> None:
        """Collect what differs from a value."""
        self.count += 1
        if self.count - 1 != self.first:
            return
        scope, seen = Scope.of(frame, _given(self.names, 0)), {fingerprint(value)}
        for variant in self.generate(scope):
            mark = fingerprint(evaluate(variant, scope))
            if mark is not None and mark not in seen:
                seen.add(mark)
                self.found.append(variant)

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Collect at an expression."""
        self.look(value, frame)
        return value


class StatementSurvey(Survey):
    """Collect variants of the right-hand side of a statement that changes something in place."""

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """Collect before the statement is done."""
        self.look(value, frame)
        return False

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Leave the changed value as it is."""
        return value


def fingerprint(value: Any) -> tuple[Any, ...] | None:
    """Return what tells values apart; None for what is no number."""
    if value is None:
        return None
    array = np.asarray(value)
    if array.dtype.kind not in "fciub" or not np.all(np.isfinite(array)):
        return None
    flat = np.ravel(array).astype(float)
    return array.shape, f"{float(flat.sum()):.8e}", f"{float(flat @ np.arange(1.0, flat.size + 1)):.8e}"


@dataclass
class Rewritten(Action):
    """Evaluate a variant at every visit. `last` names its own value of the visit before, if it is to be read."""

    variant: Variant
    names: Names = field(default_factory=dict)
    last: str | None = None

    def start(self) -> None:
        """Begin with the first visit."""
        self.visit, self.before = 0, None

    def _value(self, frame: FrameType) -> Any:
        more = _given(self.names, self.visit)
        if self.last is not None and self.before is not None:
            more[self.last] = self.before
        self.visit += 1
        with RECORDER.using(PLAIN):
            self.before = Scope.of(frame, more).evaluate(self.variant.code)
        return self.before

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value of the variant."""
        return self._value(frame)


class _Index:
    """Returns an index written in brackets."""

    def __getitem__(self, index: Any) -> Any:
        return index


@dataclass
class Statement(Action):
    """Do a statement that changes something in place in another way: operator None assigns."""

    operator: Callable[[Any, Any], Any] | None
    value: Variant | None = None
    index: Variant | None = None

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """container[index] (op)= value."""
        with RECORDER.using(PLAIN):
            if self.value is not None:
                value = Scope.of(frame).evaluate(self.value.code)
            if self.index is not None:
                index = Scope.of(frame, {"_index": _Index()}).evaluate(self.index.code)
        container[index] = value if self.operator is None else self.operator(container[index], value)
        return True
