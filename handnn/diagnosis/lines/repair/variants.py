"""Variants: expressions that are tried in place of those that the user wrote, and how they are tried."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..blame.groups import alike
from ..record.recorder import PLAIN, RECORDER, Action
from ..subject import Array
from .expression import simplified
from .scope import Scope
from .versions import WHOLE, Versions, without_marks


@dataclass(frozen=True, eq=False)
class Variant:
    """Another text for an expression. `did` says what was written in its place."""

    text: str
    did: str
    cost: float
    line: int = 0
    whole: str | None = None

    @cached_property
    def code(self) -> CodeType:
        """The compiled text."""
        return compile(f"({self.text})", "<variant>", "eval")

    @property
    def versions(self) -> Versions | None:
        """What a variant of an expression that may not be evaluated again can name."""
        return None if self.whole is None else Versions(whole=self.whole)

    @property
    def fix(self) -> str:
        """The text as a report shows it."""
        return simplified(without_marks(self.text.replace(WHOLE, f"({self.whole})")))


Generate = Callable[[Scope, Array | None], Sequence[Variant]]
"""From what a line can name, and the value that belongs there if it is known."""


def evaluate(variant: Variant, scope: Scope) -> Any:
    """Return the value of a variant, None if it has none; the recorder must be off."""
    try:
        value = scope.evaluate(variant.code)
        return value if isinstance(value, int | float | np.ndarray | np.generic) else None
    except Exception:
        return None


def ratio(value: Any, target: Array, tolerance: float) -> float | None:
    """Return c where the target is c times a value of its shape, None if there is none."""
    array = np.asarray(value)
    if array.size != target.size or array.dtype.kind not in "fciub":
        return None
    if array.shape != target.shape and [n for n in array.shape if n > 1] != [n for n in target.shape if n > 1]:
        return None
    flat, wanted = np.ravel(array).astype(float), np.ravel(target)
    norm = float(flat @ flat)
    if not norm or not np.isfinite(norm):
        return 1.0 if not np.any(wanted) and not norm else None
    c = float(flat @ wanted) / norm
    c = 1.0 if abs(c - 1) <= tolerance else c
    scale = float(np.max(np.abs(wanted), initial=0.0))
    return c if np.max(np.abs(c * flat - wanted), initial=0.0) <= tolerance * scale and c else None


class Screen(Action):
    """Evaluate many variants where the right values are known; `alive` are those that gave them at every visit.

    A variant that is right but for a simple factor lives on with that factor.
    """

    def __init__(self, targets: Mapping[int, Array], generate: Generate, versions: Versions, tolerance: float) -> None:
        self.targets, self.generate, self.versions, self.tolerance = targets, generate, versions, tolerance

    def _kept(self, variant: Variant, scope: Scope, target: Array) -> Variant | None:
        c = ratio(evaluate(variant, scope), target, self.tolerance)
        if c == 1.0:
            return variant
        factor = scope.spelled(c) if c is not None and self.alive is None else None
        return None if factor is None else _scaled(variant, factor)

    def start(self) -> None:
        """Begin with all variants."""
        self.alive: list[Variant] | None = None
        self.count = self.visit = 0
        self.before: Any = None

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Drop the variants that are wrong here; go on with the right value."""
        self.count += 1
        if self.count - 1 not in self.targets:
            return value
        target = self.targets[self.count - 1]
        make = Scope.of if self.alive is None else Scope.plain
        scope = make(frame, self.versions.at(self.visit, self.before, value))
        with RECORDER.using(PLAIN):
            variants = self.generate(scope, target) if self.alive is None else self.alive
            kept = [v for v in (self._kept(v, scope, target) for v in variants) if v is not None]
        self.alive = sorted(kept, key=lambda v: v.cost)
        self.visit += 1
        self.before = target
        return alike(target, value)


def _scaled(variant: Variant, factor: str) -> Variant:
    """Return a variant with a factor in front."""
    did = f"{variant.did} and the factor `{factor}` missing" if variant.did else ""
    return replace(variant, text=f"{factor} * ({variant.text})", did=did, cost=variant.cost + 0.8)


class Rewritten(Action):
    """Evaluate a variant at every visit; `made` are its values."""

    def __init__(self, variant: Variant, versions: Versions) -> None:
        self.variant, self.versions = variant, versions

    def start(self) -> None:
        """Begin with the first visit."""
        self.visit, self.before = 0, None
        self.made: list[Any] = []

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value of the variant."""
        scope = Scope.plain(frame, self.versions.at(self.visit, self.before, value))
        self.visit += 1
        with RECORDER.using(PLAIN):
            self.before = scope.evaluate(self.variant.code)
        self.made.append(self.before)
        return self.before
