"""Slips in the forward part: the backward part is the derivative of a forward pass that differs by one small edit."""

import ast
import re
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import numpy as np

from ..blame.causes import Budget
from ..blame.groups import group_of
from ..derive.adjoint import disturbed
from ..derive.study import Study, SubjectError
from ..judgement import Blame
from ..record.recorder import PLAIN, RECORDER, Action, Plan
from ..record.sites import SOURCES, Site
from .expression import Expression
from .one import by_one_edit
from .scope import Scope
from .variants import Rewritten, Variant
from .versions import Versions

SMALL = 1.1
"""The cost of another name, of an index one off, of another function: larger edits are no slip, but for an axis."""
NEAR = 1e-6
OF_FORWARD = "what the backward part is the derivative of"
SHARE = re.compile(r"/.*sum\(", re.DOTALL)
OF_AN_AXIS = re.compile("`(axis=|keepdims=|sum` of the rows)")
"""How edits of the axis of a sum are told, beside those that put a sum in."""


class _Edits(Action):
    """Make the variants of an expression at its first visit."""

    def __init__(self, site: Site, shares: bool) -> None:
        self.site, self.shares, self.made = site, shares, list[Variant]()

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value as it is."""
        if not self.made:
            with RECORDER.using(PLAIN):
                made = by_one_edit(Expression(self.site.text), Scope.of(frame), Versions())
            divisors = _divisors(self.site.text)
            axes = [v for v in made if OF_AN_AXIS.match(v.did) and _divisors(v.text) != divisors]
            small = [] if self.shares else [v for v in made if v.cost <= SMALL and "where" in v.did and v not in axes]
            lacking = [] if self.shares else [v for v in made if _stands_elsewhere(v, SOURCES[self.site.path])]
            self.made = [*axes, *small, *lacking] or [Variant("", "", SMALL)]
        return value


def _stands_elsewhere(variant: Variant, source: str) -> bool:
    """Return whether a variant has a factor more that the source multiplies the same name by: `r * h` for `h`."""
    factor = re.fullmatch(r"the factor `([\w.]+)` missing", variant.did)
    product = factor and re.search(rf"([\w.]+) \* {re.escape(factor[1])}(?![\w.(\[])", variant.text)
    return bool(product) and f"{factor[1]} * {product[1]}" in source  # type: ignore[index]


def _divisors(text: str) -> list[str]:
    """Return what an expression divides by."""
    nodes = ast.walk(ast.parse(text.strip(), mode="eval"))
    return [ast.unparse(n.right) for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]


def forward_slip(studies: Sequence[Study], budget: Budget, shares: bool = False) -> Blame | None:
    """Return the one small edit of the forward part of which all results are the derivatives, on every draw.

    None if there is no such edit, or if the time does not suffice.

    Args:
        shares: whether only the axis is looked at along which shares of a whole, as those of softmax, are one together.
    """
    first = studies[0]
    alive = {name for name, value in first.results(first.replay({})).items() if value is not None and np.any(value)}
    for site, variant in _variants(first, shares):
        if not budget.left():
            return None
        if _nearly(first, _plan(site, variant), alive) and all(
            _right(study, _plan(site, variant)) for study in studies
        ):
            here = site.path, site.line, site.end_line, " ".join(site.text.split())
            return Blame(*here, OF_FORWARD, variant.fix, variant.did, results=tuple(sorted(first.returned)))
    return None


def _variants(study: Study, shares: bool) -> Iterator[tuple[Site, Variant]]:
    """Yield the edits of what the forward part computes or hands on, the smallest first."""
    events: dict[int, Any] = {}
    cleared = getattr(study.subject, "cleared", ())
    for event in study.forward_events:
        place = event.place
        if (place.path, place.line) in cleared:
            continue
        if place.root and not place.mutates and place.role not in ("names", "loop", "literal"):
            events.setdefault(event.site, []).append(event)
    sites = {number: group_of(study, found).site for number, found in events.items()}
    names = {n: _Edits(site, shares) for n, site in sites.items() if not shares or _may_be_along(site.text)}
    study.replay(names)
    found = [(names[number].site, variant) for number in names for variant in names[number].made if variant.text]
    yield from sorted(found, key=lambda pair: pair[1].cost)


def _may_be_along(text: str) -> bool:
    """Return whether an expression makes shares along an axis that may be another; the last is the usual one."""
    return SHARE.search(text) is not None and "axis=-1" not in text.replace(" ", "")


def _plan(site: Site, variant: Variant) -> Plan:
    return {site.number: Rewritten(variant, Versions())}


def _nearly(study: Study, plan: Plan, alive: set[str]) -> bool:
    """Return whether the results may be the derivatives under a plan: the loss moves as they say in one direction.

    An edit under which a result of `alive` is zero everywhere leaves nothing to be derived: it is no slip.
    """
    ran = study.replay(plan)
    results = study.results(ran)
    known = {name: value for name, value in results.items() if value is not None and np.all(np.isfinite(value))}
    if ran.error is not None or known.keys() != results.keys() or not all(np.any(known[name]) for name in alive):
        return False
    random = np.random.default_rng(17)
    moves = {name: np.array(random.normal(size=value.shape)) for name, value in known.items()}
    slope, error = disturbed(study.subject, moves, {**study.base, **plan})
    parts = [float(np.sum(value * moves[name])) for name, value in known.items()]
    return abs(slope - sum(parts)) <= 4 * error + NEAR * sum(map(abs, parts))


def _right(study: Study, plan: Plan) -> bool:
    """Return whether all results are the derivatives under a plan, to rounding."""
    try:
        made = Study(study.subject, {**study.base, **plan})
    except SubjectError:
        return False
    return not made.wrong and made.returned == study.returned and study.telling <= made.telling
