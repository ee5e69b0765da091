"""Margins: comparisons, clips, maxima and minima by which a program chooses. What no draw chose was not compared.

Only margins of what the loss is computed from count, not those of settings, which are the same whatever the data.
Guards do not: limits that ordinary data does not reach, such as 1e-12, 1 - 1e-7 or 500.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..record.recorder import Planned
from ..record.sites import SITES
from ..record.tape import is_numeric
from ..subject import Subject
from .adjoint import reached
from .session import RunProbe, under
from .study import Study

Key = tuple[int, str]
"""Site, and the side of a clip."""
LIMITS = ("clip", "maximum", "minimum", "fmax", "fmin", "max", "min")
TINY, CLIPPED, LARGE, MOST = 1e-3, 10.0, 50.0, 64


@dataclass
class Margin:
    """Which sides were taken, the values that were compared, and whether ever with an ordinary limit."""

    taken: set[bool] = field(default_factory=set)
    values: set[bytes] = field(default_factory=set)
    ordinary: bool = False


class Choosing(Planned):
    """The mode that notes at every margin of a run which sides are taken."""

    def __init__(self) -> None:
        super().__init__({})
        self.margins: dict[Key, Margin] = {}

    def compare(self, k: int, left: Any, right: Any) -> Any:
        """Left < right and the like."""
        value = super().compare(k, left, right)
        self._note((k, ""), left, right, value, LARGE)
        return value

    def call(self, k: int, function: Any, /, *arguments: Any, **named: Any) -> Any:
        name = getattr(function, "__name__", "")
        if name in LIMITS:
            owner = getattr(function, "__self__", None)
            own = (owner, *arguments) if isinstance(owner, np.ndarray) else arguments
            if name == "clip":
                low, high = (*own[1:], None, None)[:2]
                low = named.get("a_min", named.get("min", low))
                high = named.get("a_max", named.get("max", high))
                self._limit((k, "low"), own[0], low)
                if not (isinstance(low, float) and 0 < low <= TINY and high == 1):  # both guard probabilities
                    self._limit((k, "high"), own[0], high)
            elif len(own) == 2 and not {"axis"} & set(named):
                self._limit((k, ""), *own)
        return super().call(k, function, *arguments, **named)

    def _limit(self, key: Key, left: Any, right: Any) -> None:
        if all(is_numeric(v) or isinstance(v, int) for v in (left, right)):
            self._note(key, left, right, np.less(left, right), CLIPPED)

    def _note(self, key: Key, left: Any, right: Any, value: Any, large: float) -> None:
        if not np.size(value) or not any(is_numeric(v) or type(v) is int for v in (left, right)):
            return  # a whole number too: it may be the 0 of a ReLU
        margin = self.margins.setdefault(key, Margin())
        margin.taken |= {bool(np.any(value)), bool(np.all(value))}
        if len(margin.values) < MOST:
            margin.values |= {np.abs(v).tobytes() for v in (left, right, value) if is_numeric(v)}
        limits = [abs(float(v)) for v in (left, right) if np.size(v) == 1 and isinstance(v, int | float)]
        margin.ordinary |= all(c == 0 or (TINY < c < large and not 0 < abs(1 - c) <= TINY) for c in limits)


def _margins(subject: Subject) -> dict[Key, Margin]:
    mode = Choosing()
    under(mode, subject, RunProbe({}, None), True)
    return mode.margins


class Taken:
    """The sides that were taken at every margin of some studies."""

    def __init__(self, studies: Iterable[Study]) -> None:
        self.margins: dict[Key, Margin] = {}
        self.forward: set[bytes] = set()
        for study in studies:
            self.add(_margins(study.subject))
            if self.open:
                moving, nodes = set(reached(study.tape, len(study.tape.nodes))), study.tape.nodes
                own = (nodes[n] for n in study.forward_nodes if n in moving or nodes[n].array.dtype.kind == "b")
                self.forward |= {np.abs(n.array).tobytes() for n in own if n.array.dtype.kind in "fb"}

    def add(self, margins: dict[Key, Margin]) -> None:
        """Add what a run took."""
        for key, margin in margins.items():
            mine = self.margins.setdefault(key, Margin())
            mine.taken |= margin.taken
            mine.values |= margin.values
            mine.ordinary |= margin.ordinary

    @property
    def open(self) -> set[Key]:
        """Margins of which one side was taken only."""
        return {key for key, m in self.margins.items() if len(m.taken) == 1}

    @property
    def unmet(self) -> set[Key]:
        """Those of them that matter."""
        return {k for k in self.open if self.margins[k].ordinary and self.margins[k].values & self.forward}

    def beyond(self, draws: Iterable[Subject]) -> Iterator[Study]:
        """Yield studies of draws that take what was not taken yet; of wrong ones, those that reach no guard."""
        for draw in draws:
            unmet = self.unmet
            if not unmet:
                return
            margins = _margins(draw)
            gained = {k for k in self.open if margins.get(k, self.margins[k]).taken != self.margins[k].taken}
            if not gained & unmet:
                continue
            study = Study(draw)
            finite = all(np.all(np.isfinite(v)) for v in (study.run.loss, *study.truth.values()))
            if finite and (gained <= unmet or not study.wrong):
                self.add(margins)
                yield study

    @property
    def words(self) -> list[tuple[str, str]]:
        """Say what was not compared, and why."""
        sites = [SITES[k] for k in sorted({k for k, _ in self.unmet})]
        return [(f"line {s.line}", f"no draw met both sides of {s.text}") for s in sites]
