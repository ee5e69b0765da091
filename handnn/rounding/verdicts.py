"""Verdicts on results of formulas, and how they read."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .enclosure.record import Loss

UNSTABLE = 2.0**5
"""A formula is unstable where it loses this many times more than its inputs' own errors explain."""
ILL_CONDITIONED = 2.0**6


@dataclass(frozen=True)
class Part:
    """One result of a formula, compared; `worst` is the index of the element furthest beyond its allowance."""

    name: str
    shape: tuple[int, ...]
    off: int
    unknown: int
    worst: tuple[int, ...]
    actual: float
    value: float
    bound: float
    share: float
    digits: float
    median_digits: float
    condition: float
    pattern: str
    problem: str = ""
    """Why it was not compared, such as another shape."""
    instability: float = float("nan")
    """By how much the rounding of the formula's own steps is amplified, measured where `condition` is."""

    @property
    def ok(self) -> bool:
        return not (self.off or self.unknown or self.problem)


@dataclass(frozen=True)
class Explanation:
    """The verdict on a result: `ok` if rounding explains all of it, `share` the largest |difference| / allowance."""

    subject: str
    precision: str
    parts: tuple[Part, ...]
    loss: Loss | None
    narrower: str | None = None

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts)

    @property
    def share(self) -> float:
        return max((part.share for part in self.parts), default=0.0)

    @property
    def verdict(self) -> str:
        """'explained'; 'not explained'; 'unknown' if nothing is wrong, but an element has no finite bound."""
        if self.ok:
            return "explained"
        return "not explained" if any(part.off or part.problem for part in self.parts) else "unknown"

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict and its numbers for JSON."""
        parts = [dict(vars(part)) | {"ok": part.ok} for part in self.parts]
        loss = None if self.loss is None else self.loss._asdict() | {"better": self.loss.better}
        own = {"subject": self.subject, "precision": self.precision, "verdict": self.verdict, "ok": self.ok}
        return own | {"share": self.share, "parts": parts, "loss": loss, "narrower": self.narrower}

    def __str__(self) -> str:
        lines = [line for part in self.parts for line in _lines(part, self.precision)]
        lines = [f"{self.subject}: {lines[0]}", *lines[1:]] if lines else [f"{self.subject}: it returns nothing"]
        if (said := self._stability()) is not None:
            lines += said
        if self.narrower is not None:
            lines.append(f"  {self.narrower} would explain it: was it computed, or stored, in {self.narrower}?")
        return "\n".join(lines)

    def _stability(self) -> list[str] | None:
        part = max(self.parts, key=lambda part: (not part.ok, part.share), default=None)
        if part is None or self.loss is None:
            return None
        lost_here = part.instability / max(part.condition, 1.0)
        if self.loss.opened:
            lines = [f"  after {self.loss.operation} nothing is known: overflow, or division by what may be 0"]
        elif lost_here > UNSTABLE:
            lost = f"{np.log10(lost_here):.0f} digits"
            grown = f"the inputs' errors grow only {part.condition:.2g} times"
            lines = [f"  the formula is unstable: {self.loss.operation} loses {lost}, while {grown}"]
        elif part.condition > ILL_CONDITIONED:
            return [f"  ill-conditioned: any formula loses {np.log10(part.condition):.0f} digits on these inputs"]
        else:
            return None
        return lines + ([f"  better: {self.loss.better}"] if self.loss.better else [])


def _all(count: int) -> str:
    return "the only element" if count == 1 else f"all {count} elements"


def _lines(part: Part, name: str) -> list[str]:
    label = f"{part.name} " if part.name else ""
    count = int(np.prod(part.shape))
    if part.problem:
        return [f"{label}{part.problem}"]
    if part.ok:
        share = f"largest share of an allowance {part.share:.2g}"
        return [f"{label}rounding in {name} explains {_all(count)}; {share}"]
    where = f"at {list(part.worst)} " if part.worst else ""
    lines = []
    if part.off:
        lines = [
            f"{label}{part.off} of {count} elements are not what {name} may give",
            f"  worst {where}actual {part.actual:.9g}, formula {part.value:.9g} +- {part.bound:.2g}: "
            f"{part.share:.3g} times the allowance",
            f"  certain digits there {part.digits:.1f} (median {part.median_digits:.1f}); "
            f"condition {part.condition:.2g}",
        ]
        lines += [f"  {part.pattern}"] if part.pattern else []
    if part.unknown:
        lines.append(f"{label if not lines else '  '}{part.unknown} of {count} elements have no finite allowance")
    return lines


@dataclass(frozen=True)
class Difference:
    """The verdict on two results of one formula."""

    first: Explanation
    second: Explanation
    largest: float
    """Largest |a - b|, relative to the larger of both."""

    @property
    def ok(self) -> bool:
        return self.first.ok and self.second.ok

    def __str__(self) -> str:
        says = f"a and b differ by at most {self.largest:.2g} (relative)"
        if self.ok:
            shares = f"shares of the allowance {self.first.share:.2g} and {self.second.share:.2g}"
            return f"{says}; rounding in {self.first.precision} explains both: {shares}"
        lines = [f"{says}:"]
        for name, own in (("a", self.first), ("b", self.second)):
            lines += [f"{name} is {own.verdict}", *(f"  {line}" for line in str(own).splitlines())]
        return "\n".join(lines)
