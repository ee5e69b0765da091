"""Repair: the smallest edit of the source that does what a right value in its place does.

An edit counts only if it has been put in place, run, and made right what the cause mends, on every draw at hand.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from .blame import Search
from .causes import Budget, Cause
from .edits import edits_of, everywhere
from .expression import Expression
from .groups import Group
from .recorder import Action, Plan
from .scope import Scope
from .sites import Site
from .statements import Mutation, StatementSurvey
from .subject import Array
from .synthesis import derived
from .variants import Generate, Rewritten, Screen, Survey, Variant, ratio
from .versions import MARK, WHOLE, Versions, unchanged_names, versions_of

TOLERANCE = 1e-6
SOON = 0.8
MOST_CONFIRMED, MOST_RUN, MOST_SOURCES = 10, 200, 6
STRUCTURAL = 1.26
"""Edits of this cost at most are tried as the first of two."""


Make = Callable[[Search], Action]


@dataclass(frozen=True, eq=False)
class Fix:
    """An edit that was run: where, the right text, and what was written in its place."""

    site: Site
    text: str | None
    did: str
    cost: float
    make: Make | None = None
    line: int = 0


class Repairs:
    """The search for the fix of one cause, confirmed on every draw."""

    def __init__(self, searches: Sequence[Search], cause: Cause, others: Sequence[Plan], budget: Budget) -> None:
        self.searches, self.cause, self.others, self.budget = searches, cause, others, budget
        self.study = searches[0].study
        self.bases = [s.study.right(s.study.replay(dict(plan))) for s, plan in zip(searches, others, strict=True)]
        self.forward = {e.site for e in self.study.forward_events}

    def confirmed(self, site: int, make: Make) -> bool:
        """Return whether an action at a site mends what the cause mends, on every draw."""
        for search, plan, base in zip(self.searches, self.others, self.bases, strict=True):
            if not (base | self.cause.mends) <= search.study.right(search.study.replay({**plan, site: make(search)})):
                return False
        return True

    def quick(self) -> Fix | None:
        """Return the smallest single edit of the expression itself, if it is found soon."""
        whole, self.budget = self.budget, self.budget.share(SOON)
        found = next(self._at_site(self.cause.group, _by_one_edit), None)
        self.budget = whole
        return found

    def thorough(self, seconds: float) -> Fix | None:
        """Return the smallest edit of the expression or of what it was computed from, two edits, or a derivation."""
        steps: tuple[Callable[[], Iterator[Fix]], ...] = (
            lambda: self._at_site(self.cause.group, _by_one_edit),
            self._nothing_handed_on,
            self._elsewhere,
            lambda: self._statement_around(1),
            lambda: self._statement_around(2),
            lambda: self._at_site(self.cause.group, _by_derivation),
            lambda: self._at_site(self.cause.group, _by_two_edits),
        )
        whole = self.budget.share(seconds)
        for step in steps:
            self.budget = whole.share(whole.remaining / 2)
            found = next(step(), None) if self.budget.left() else None
            if found is not None:
                return found
        return None

    def _editable(self, site: Site) -> bool:
        return site.number not in self.forward and site.role not in ("names", "loop", "literal")

    def _at_site(self, group: Group, generate: Callable[..., list[Variant]]) -> Iterator[Fix]:
        """Yield the fixes of a group's own expression, whose right values are known."""
        site = group.site
        if not self._editable(site):
            return
        if site.mutates:
            yield from self._statement(site, 1 if generate is _by_one_edit else 2)
            return
        expression, versions = Expression(site.text), versions_of(self.study, group)
        if generate is _by_one_edit:
            yield from self._summed(group)
        if not expression.repeatable:
            expression, versions = Expression(WHOLE), Versions(whole=site.text)
        if group.kind == "last" and generate is _by_one_edit:
            yield from self._by_running(group)
            return
        screen = Screen(
            self.cause.put, lambda s, target: generate(expression, s, versions, target), versions, TOLERANCE
        )
        self.study.replay({**self.others[0], site.number: screen})
        for variant in (screen.alive or [])[:MOST_CONFIRMED]:
            if self.confirmed(site.number, _rewriting(variant, group)):
                yield Fix(site, variant.fix, variant.did, variant.cost, _rewriting(variant, group), variant.line)

    def _statement(self, site: Site, edits: int) -> Iterator[Fix]:
        """Yield the fixes of a statement that fills an array: each has to be run."""
        mutation = Mutation.of(site)
        if mutation is None:
            return
        inner = Expression(mutation.source(mutation.value))
        visits = [e.occurrence for e in self.study.backward_events if e.site == site.number]
        survey = StatementSurvey(visits, lambda scope, _: _by_one_edit(inner, scope, Versions()), Versions())
        if inner.repeatable:
            self.study.replay({**self.others[0], site.number: survey})
        ways = list(mutation.other_indices(survey.scope, edits)) if inner.repeatable and survey.scope else []
        if edits == 1:
            ways += [*mutation.other_operators(), *mutation.other_values(survey.found if inner.repeatable else [])]
        for way in sorted(ways, key=lambda w: w.cost)[: 3 * MOST_RUN]:
            if not self.budget.left():
                return
            make = _always(way.action)
            if self.confirmed(site.number, make):
                yield Fix(site, way.text, way.did, way.cost, make)

    def _statement_around(self, edits: int) -> Iterator[Fix]:
        """Yield the fixes of the statement that puts the value into an array."""
        site = self.cause.group.site
        for group in self.searches[0].groups:
            around = group.site
            if around.mutates and around.path == site.path and around.begin <= site.begin and site.end <= around.end:
                yield from self._statement(around, edits)

    def _elsewhere(self) -> Iterator[Fix]:
        """Yield the edits of expressions that the value was computed from, or that passed it on."""
        found = []
        for group in self._sources():
            site = group.site
            if site.mutates:
                found += list(self._statement(site, 1))[:1]
                continue
            found += list(self._summed(group))
            if not self.searches[0].meaning(group):
                found += list(islice(self._by_running(group), 1))
        yield from sorted(found, key=lambda f: f.cost)

    def _by_running(self, group: Group) -> Iterator[Fix]:
        """Yield the fixes of an expression whose right values are not known: each edit is run."""
        site, expression, versions = group.site, Expression(group.site.text), versions_of(self.study, group)
        if not expression.repeatable:
            return
        survey = Survey([e.occurrence for e in group.events], _edits_of(expression, versions), versions)
        self.study.replay({**self.others[0], site.number: survey})
        for variant in survey.found[:MOST_RUN]:
            if not self.budget.left():
                return
            if self.confirmed(site.number, _rewriting(variant, group)):
                yield Fix(site, variant.fix, variant.did, variant.cost, _rewriting(variant, group), variant.line)

    def _summed(self, group: Group) -> Iterator[Fix]:
        """Yield the assignment that should have added to its target."""
        site = group.site
        if site.target is None or not site.target.replace(".", "").isidentifier() or site.role == "value":
            return
        variant = Variant(f"{site.target} + ({site.text})", "`=` where `+=` belongs", 1.0)
        if Expression(site.text).repeatable and self.confirmed(site.number, _rewriting(variant, group)):
            yield Fix(site, f"{site.target} += {site.text}", variant.did, variant.cost, _rewriting(variant, group))

    def _sources(self) -> list[Group]:
        """Return the groups that the cause was computed from: no derivatives before derivatives, near before far."""
        search, own = self.searches[0], {e.node for e in self.cause.group.events}
        nodes = self.study.tape.ancestors(*own)
        found = []
        for other in search.groups:
            if other.site.number == self.cause.group.site.number or not self._editable(other.site):
                continue
            if other.site.role == "value" and any(e.node in self.study.forward_nodes for e in other.events):
                continue
            alias = any(e.node in own for e in other.events)
            if alias or any(e.node in nodes for e in other.events):
                found.append(other)
        target = self.cause.group.site.target
        return sorted(found, key=lambda g: (g.site.target != target, bool(search.meaning(g)), -g.order))[:MOST_SOURCES]

    def _nothing_handed_on(self) -> Iterator[Fix]:
        """Yield a name that a loop reads and never changes, where the value is right in the first round only."""
        group = self.cause.group
        if len(group.events) < 2 or group.kind != "all" or group.site.mutates:
            return
        if not np.allclose(self.cause.group.values[0], self.cause.arrays[0]):
            return
        names = unchanged_names(self.study, group.site)
        if names:
            told = " and ".join(f"`{name}`" for name in names)
            yield Fix(
                group.site, None, f"{told} never changes in the loop: nothing is handed on to the next round", 3.0
            )


def _always(action: Action) -> Make:
    return lambda search: action


def _rewriting(variant: Variant, group: Group) -> Make:
    if variant.whole is not None:
        return lambda search: Rewritten(variant, Versions(whole=variant.whole))
    return lambda search: Rewritten(variant, versions_of(search.study, group))


def _edits_of(expression: Expression, versions: Versions) -> Generate:
    return lambda scope, _: _by_one_edit(expression, scope, versions)


def _by_one_edit(
    expression: Expression, scope: Scope, versions: Versions, target: Array | None = None
) -> list[Variant]:
    """Return the variants of an expression by one small edit, the smallest first."""
    made = []
    for edit in edits_of(expression, scope):
        text = expression.with_edits(edit)
        told = versions.meaning(text)
        made.append(Variant(text, told or edit.did, edit.cost - 0.15 * (told is not None), edit.line))
    made += [Variant(text, did, cost) for text, did, cost in everywhere(expression, scope)]
    made += _missing_terms(expression, scope, target)
    if versions.whole is not None:
        made = [replace(v, whole=versions.whole, did=v.did.replace(WHOLE, versions.whole)) for v in made]
    return sorted(made, key=lambda v: v.cost)


def _missing_terms(expression: Expression, scope: Scope, target: Array | None) -> Iterator[Variant]:
    """Yield the expression with c times an array added, where that is what is missing."""
    value = scope.value(expression.text)
    if target is None or value is None or np.shape(value) != target.shape:
        return
    for name, array in scope.numbers.items():
        c = ratio(array, target - value, TOLERANCE) if np.shape(array) == target.shape else None
        if c:
            word = scope.spelled(c) or f"{c:.6g}"
            term = name if word == "1" else f"{word} * {name}"
            yield Variant(f"{expression.text} + {term}", f"the term `{term}` missing", 1.35)


def _by_two_edits(
    expression: Expression, scope: Scope, versions: Versions, target: Array | None = None
) -> list[Variant]:
    """Return the variants by one structural edit and one of what it made."""
    plain = _without_versions(scope)
    found: dict[str, Variant] = {}
    first = [e for e in edits_of(expression, plain) if e.cost <= STRUCTURAL and e.structural][:40]
    for edit in first:
        text = expression.with_edits(edit)
        second = Expression(text)
        for other in edits_of(second, plain):
            if other.cost > 1.31:
                break
            made = second.with_edits(other)
            if made != expression.text and made not in found:
                cost = edit.cost + other.cost
                found[made] = Variant(made, f"{edit.did}; {other.did}", cost, edit.line)
        if len(found) > 9000:
            break
    return sorted(found.values(), key=lambda v: v.cost)


def _by_derivation(
    expression: Expression, scope: Scope, versions: Versions, target: Array | None = None
) -> list[Variant]:
    """Return expressions of the form that derivatives have, in the names that are in reach."""
    return derived(_without_versions(scope), target)


def _without_versions(scope: Scope) -> Scope:
    numbers = {name: value for name, value in scope.numbers.items() if MARK not in name}
    return Scope(scope.variables, scope.globals, numbers, scope.functions)
