"""Repair: the smallest edit of the source that does what a right value in its place does.

An edit counts only if it has been put in place, run, and made right what the cause mends, on every draw at hand.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blame import Budget, Cause, Search
from .edits import edits_of
from .expression import Expression, simplified
from .groups import Group, Put
from .recorder import Action, Plan
from .scope import Scope
from .sites import Site, statement_of
from .study import Study
from .variants import Names, Rewritten, Screen, Statement, StatementSurvey, Survey, Variant

PAIRED_UP_TO = 1.26
"""Edits of this cost at most are tried two at a time."""
MOST_PAIRED, MOST_RUN = 110, 250


@dataclass(frozen=True, eq=False)
class Fix:
    """An edit that was run: where, the right text, and what was written in its place."""

    site: Site
    text: str
    did: str
    cost: float
    action: Callable[[Search], Action]
    line: int = 0


class Repairs:
    """The search for the fix of one cause, confirmed on every draw."""

    def __init__(self, searches: Sequence[Search], cause: Cause, others: Sequence[Plan], budget: Budget) -> None:
        self.searches, self.cause, self.others, self.budget = searches, cause, others, budget
        self.study = searches[0].study
        self.bases = [s.study.right(s.study.replay(dict(plan))) for s, plan in zip(searches, others, strict=True)]
        self.goal = self.bases[0] | cause.mends

    def confirmed(self, site: int, action: Callable[[Search], Action]) -> bool:
        """Return whether an action at a site mends what the cause mends, on every draw."""
        for search, plan, base in zip(self.searches, self.others, self.bases, strict=True):
            right = search.study.right(search.study.replay({**plan, site: action(search)}))
            if not (base | self.cause.mends) <= right:
                return False
        return True

    def best(self) -> Fix | None:
        """Return the smallest edit found: of the expression itself, of one that it uses, two at once."""
        found = next(self._at_site(self.cause.group, 1), None)
        if found is None or found.cost > 1.3:
            elsewhere = next(self._elsewhere(found.cost if found else 9.0), None)
            found = elsewhere or found
        if found is None and self.budget.left():
            found = next(self._at_site(self.cause.group, 2), None)
        return found

    # --- the expression itself, where the right value is known

    def _editable(self, site: Site) -> bool:
        forward = {e.site for e in self.study.forward_events}
        return site.number not in forward and site.role not in ("names", "loop")

    def _at_site(self, group: Group, edits: int) -> Iterator[Fix]:
        site = group.site
        if not self._editable(site):
            return
        if site.mutates:
            yield from self._statement(group, edits)
            return
        expression = Expression(site.text)
        if not expression.repeatable:
            return
        names, told = versions(self.study, group)
        targets = self.cause.put
        screen = Screen(targets, lambda scope: variants_of(expression, scope, told, edits), names, 1e-6)
        self.study.replay({**self.others[0], site.number: screen})
        for variant in (screen.alive or [])[:12]:
            if self.confirmed(site.number, _rewriting(variant, group)):
                yield Fix(site, variant.fix, variant.did, variant.cost, _rewriting(variant, group), variant.line)

    # --- statements that fill an array, and expressions that the value was computed from

    def _statement(self, group: Group, edits: int) -> Iterator[Fix]:
        site = group.site
        statement = statement_of(site)
        if not isinstance(statement, ast.Assign | ast.AugAssign):
            return
        fixes: list[tuple[float, str, str, Callable[[Search], Action]]] = []
        own = _plain_operator(site)
        target, value = (_source(site, part) for part in (_target(statement), statement.value))
        if edits == 1:
            for sign, other in ((None, "="), (operator.add, "+="), (operator.sub, "-=")):
                if sign is not own:
                    sort = "=" if own is None else f"{'+-'[own is operator.sub]}="
                    text = f"{target} {other} {value}"
                    fixes.append((1.0, text, f"`{sort}` where `{other}` belongs", _doing(sign)))
        sign_text = "=" if own is None else f"{_sign(own)}="
        for text, did, cost in self._indices(_target(statement), site, edits):
            index = Variant(f"_index[{text}]", did, cost, "")
            fixes.append((cost, f"{_container(site, statement)}[{text}] {sign_text} {value}", did, _doing(own, None, index)))
        if edits == 1:
            inner = Expression(value)
            if inner.repeatable:
                survey = StatementSurvey(group_first(self.study, site), lambda s: variants_of(inner, s, {}, 1), {})
                self.study.replay({**self.others[0], site.number: survey})
                for variant in survey.found[:MOST_RUN]:
                    text = f"{target} {sign_text} {variant.fix}"
                    fixes.append((variant.cost, text, variant.did, _doing(own, variant)))
        for cost, text, did, action in sorted(fixes, key=lambda f: f[0]):
            if not self.budget.left():
                return
            if self.confirmed(site.number, action):
                yield Fix(site, text, did, cost, action)

    def _indices(self, target: ast.expr, site: Site, edits: int) -> Iterator[tuple[str, str, float]]:
        """Yield other indices for an item: one part changed, or two."""
        if not isinstance(target, ast.Subscript):
            return
        whole = Expression(_source(site, target))
        inner = whole.tree
        assert isinstance(inner, ast.Subscript)
        place = slice(*whole.span(inner.slice))
        frame = Scope({}, {}, {name: 1 for name in _counters(self.study, site)})
        singles = [e for e in edits_of(whole, frame) if e.start >= place.start and e.end <= place.stop]
        singles += _loop_names(whole, inner, frame)
        if edits == 1:
            choices = [(e,) for e in singles]
        else:
            choices = [(a, b) for i, a in enumerate(singles) for b in singles[i + 1 :] if not a.overlaps(b)]  # type: ignore[misc]
        for chosen in choices[:MOST_RUN]:
            text = whole.with_edits(*chosen)
            made = text.encode()[place.start : len(text.encode()) - (len(whole.text.encode()) - place.stop)].decode()
            yield made, " and ".join(e.did for e in chosen), sum(e.cost for e in chosen)

    def _elsewhere(self, below: float) -> Iterator[Fix]:
        """Yield the edits of expressions that the value was computed from, and of calls that returned it."""
        for group in self._sources():
            site = group.site
            if site.mutates:
                found = next(self._statement(group, 1), None)
                if found is not None and found.cost < below:
                    yield found
                continue
            expression = Expression(site.text)
            if not expression.repeatable:
                continue
            names, told = versions(self.study, group)
            survey = Survey(group.events[0].occurrence, lambda s, e=expression, t=told: variants_of(e, s, t, 1), names)
            self.study.replay({**self.others[0], site.number: survey})
            for variant in survey.found[:MOST_RUN]:
                if not self.budget.left() or variant.cost >= below:
                    break
                if self.confirmed(site.number, _rewriting(variant, group)):
                    yield Fix(site, variant.fix, variant.did, variant.cost, _rewriting(variant, group), variant.line)
                    break

    def _sources(self) -> list[Group]:
        """Return the groups that the cause was computed from and that are no derivatives, the nearest first."""
        search, group = self.searches[0], self.cause.group
        own = {e.node for e in group.events}
        nodes = self.study.tape.ancestors(*own)
        found = []
        for other in search.groups:
            if other.site.number == group.site.number or not self._editable(other.site):
                continue
            alias = any(e.node in own for e in other.events)
            if alias or (any(e.node in nodes for e in other.events) and not search.meaning(other)):
                found.append(other)
        return sorted(found, key=lambda g: -g.order)[:8]


def _rewriting(variant: Variant, group: Group) -> Callable[[Search], Action]:
    def action(search: Search) -> Action:
        names, _ = versions(search.study, group)
        return Rewritten(variant, names, last=_LAST)

    return action


def _doing(sign: Any, value: Variant | None = None, index: Variant | None = None) -> Callable[[Search], Action]:
    return lambda search: Statement(sign, value, index)


_LAST = "value_of_the_visit_before"


def variants_of(expression: Expression, scope: Scope, told: dict[str, str], edits: int) -> list[Variant]:
    """Return the variants of an expression by one edit or two; `told` says what a value of another time means."""
    singles = edits_of(expression, scope)
    made = []
    if edits == 1:
        for edit in singles:
            text = expression.with_edits(edit)
            other = next((name for name in told if name in text), None)
            if other is not None:
                made.append(Variant(text, told[other], edit.cost - 0.05, _without_marks(text), edit.line))
            else:
                made.append(Variant(text, edit.did, edit.cost, simplified(text), edit.line))
        return made
    cheap = [e for e in singles if e.cost <= PAIRED_UP_TO and not any(name in e.new for name in told)][:MOST_PAIRED]
    for i, a in enumerate(cheap):
        for b in cheap[i + 1 :]:
            if not a.overlaps(b):
                text = expression.with_edits(a, b)
                made.append(Variant(text, f"{a.did}; {b.did}", a.cost + b.cost, simplified(text)))
    return sorted(made, key=lambda v: v.cost)


MARK = "_as_of_line_"


def _without_marks(text: str) -> str:
    while MARK in text:
        begin = text.index(MARK)
        end = begin + len(MARK)
        while end < len(text) and text[end].isdigit():
            end += 1
        text = text[:begin] + text[end:]
    return text


def versions(study: Study, group: Group) -> tuple[Names, dict[str, str]]:
    """Return the values that the names of an expression have at other times, and what using them means.

    A name that is assigned before and after the expression: one of the statements comes too early or too late.
    """
    site = group.site
    used = {n.id for n in ast.walk(Expression(site.text).tree) if isinstance(n, ast.Name)} if not site.mutates else set()
    names: dict[str, list[Any]] = {}
    told: dict[str, str] = {}
    order = group.order
    by_site: dict[int, list[Any]] = {}
    for event in study.tape.events:
        place = event.place
        if place.target in used and place.function == site.function and place.path == site.path and place.root:
            by_site.setdefault(event.site, []).append(event)
    for number, events in by_site.items():
        if number == site.number:
            continue
        place, count = events[0].place, len(group.events)
        if len(events) not in (1, count):
            continue
        name = f"{place.target}{MARK}{place.line}"
        names[name] = [np.array(study.tape.nodes[e.node].value)[()] for e in events]
        if events[0].order < order:
            told[name] = f"statement too early: `{place.target}` of line {place.line} is changed before it is used here"
        else:
            told[name] = f"statement too late: line {place.line} changes `{place.target}` after it is used here"
    return names, told


def _plain_operator(site: Site) -> Callable[[Any, Any], Any] | None:
    if site.operator is None:
        return None
    return getattr(operator, site.operator.__name__[1:], site.operator)


def _sign(function: Any) -> str:
    return {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "matmul": "@", "pow": "**"}.get(function.__name__, "?")


def _target(statement: ast.Assign | ast.AugAssign) -> ast.expr:
    return statement.targets[0] if isinstance(statement, ast.Assign) else statement.target


def _container(site: Site, statement: ast.Assign | ast.AugAssign) -> str:
    target = _target(statement)
    return _source(site, target.value) if isinstance(target, ast.Subscript) else _source(site, target)


def _source(site: Site, node: ast.expr) -> str:
    from .sites import segment

    assert node.end_lineno is not None and node.end_col_offset is not None
    return segment(site.path, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def group_first(study: Study, site: Site) -> int:
    """Return the first visit of a site in the backward part."""
    return next((e.occurrence for e in study.backward_events if e.site == site.number), 0)


def _counters(study: Study, site: Site) -> list[str]:
    """Return the short names in a statement's function that may be loop counters."""
    from .sites import SOURCES

    found = set()
    for node in ast.walk(ast.parse(SOURCES[site.path])):
        if isinstance(node, ast.FunctionDef) and node.lineno <= site.line <= (node.end_lineno or 0):
            for part in ast.walk(node):
                if isinstance(part, ast.For | ast.comprehension):
                    found |= {n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)}
    return sorted(found)


def _loop_names(whole: Expression, inner: ast.Subscript, scope: Scope) -> list[Any]:
    """Return the edits that put a loop counter in place of one part of an index."""
    parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
    return [
        whole.edit(part, name, f"index `{whole.of(part)}` where `{name}` belongs", 1.0)
        for part in parts
        if not isinstance(part, ast.Slice)
        for name in scope.numbers
        if name != whole.of(part)
    ]


def put_plan(causes: Sequence[Cause]) -> Plan:
    """Return the plan that puts the right values of causes in place."""
    merged: dict[int, dict[int, Any]] = {}
    for cause in causes:
        merged.setdefault(cause.group.events[0].site, {}).update(cause.put)
    return {site: Put(values) for site, values in merged.items()}
