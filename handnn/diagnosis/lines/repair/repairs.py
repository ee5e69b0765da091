"""Repair: the smallest edit of the source that does what a right value in its place does.

An edit counts only if it has been put in place, run, and made right what the cause mends, on every draw at hand.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..blame.causes import Budget, Cause, Fix, Make
from ..blame.groups import Group
from ..blame.search import Search
from ..record.recorder import Plan
from ..record.sites import Site, expressions_of
from ..subject import Array
from .edits import edits_of
from .expression import Expression
from .one import by_one_edit
from .partly import At, Tried, ends_that_differ
from .scope import Scope
from .statements import Looked, Scaled, always
from .synthesis import derived, products_of
from .variants import Rewritten, Screen, Variant
from .versions import MARK, WHOLE, Versions, ends_of_loops, unchanged_names, versions_of

TOLERANCE = 1e-6
MOST_CONFIRMED, MOST_PARTS = 10, 8
STRUCTURAL = 1.26
"""Edits of this cost at most are tried as the first of two."""


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

    def thorough(self, seconds: float) -> Fix | None:
        """Return two edits of the line, or the form that the derivative has; others have failed."""
        steps: tuple[Callable[[], Iterator[Fix]], ...] = (
            lambda: self._at_site(self.cause.group, by_one_edit),
            lambda: self._at_site(self.cause.group, _by_a_term(self.cause.group.site)),
            self._nothing_handed_on,
            self._at_one_end,
            self._only_a_factor,
            self._loop_ended,
            lambda: self._at_site(self.cause.group, _by_derivation(self.cause.group.site)),
            lambda: self._at_site(self.cause.group, _by_two_edits),
        )
        whole = self.budget.share(seconds)
        for step in steps:
            self.budget = whole.share(whole.remaining / 2)
            found = next(step(), None) if self.budget.left() else None
            if found is not None:
                return found
        return None

    def _at_site(self, group: Group, generate: Callable[..., list[Variant]]) -> Iterator[Fix]:
        """Yield the fixes of a group's own expression, whose right values are known."""
        site = group.site
        if site.mutates or site.number in self.forward or site.role in ("names", "loop", "literal"):
            return
        expression, versions = Expression(site.text), versions_of(self.study, group)
        if not expression.repeatable:
            expression, versions = Expression(WHOLE), Versions(whole=site.text)
        screen = Screen(
            self.cause.put, lambda s, target: generate(expression, s, versions, target), versions, TOLERANCE
        )
        self.study.replay({**self.others[0], site.number: screen})
        for variant in (screen.alive or [])[:MOST_CONFIRMED]:
            if self.confirmed(site.number, _rewriting(variant, group)):
                yield Fix(site, variant.fix, variant.did, variant.cost, _rewriting(variant, group), variant.line)

    def _at_one_end(self) -> Iterator[Fix]:
        """Yield what belongs at one end of an axis, where all else is right."""
        group = self.cause.group
        if len(group.events) != 1 or group.site.mutates:
            return
        for index, text in ends_that_differ(group.values[0], self.cause.arrays[0]):
            tried = Tried(group.site.text, index, self.cause.arrays[0])
            self.study.replay({**self.others[0], group.site.number: tried})
            for variant in tried.found[:MOST_CONFIRMED]:
                if self.confirmed(group.site.number, always(At(variant, index))):
                    told = f"it is right but for `{text}`, where `{variant.fix}` belongs"
                    yield Fix(group.site, None, told, 1.5)

    def _only_a_factor(self) -> Iterator[Fix]:
        """Yield the factor that an array which is filled in place lacks as a whole."""
        group, site = self.cause.group, self.cause.group.site
        here = np.concatenate([np.ravel(v) for v in group.values]).astype(float)
        there = np.concatenate([np.ravel(a) for a in self.cause.arrays])
        if not site.mutates or here.shape != there.shape or not np.any(here):
            return
        c = float(here @ there) / float(here @ here)
        if abs(c - 1) < TOLERANCE or not np.allclose(there, c * here, rtol=TOLERANCE, atol=1e-12):
            return
        looked = Looked()
        self.study.replay({**self.others[0], site.number: looked})
        word = None if looked.scope is None else looked.scope.spelled(c)
        target = (site.target or site.text).split("[")[0]
        if word is not None and self.confirmed(site.number, lambda search: Scaled(word)):
            yield Fix(site, None, f"after it `{target} = {word} * {target}` is missing", 2.5)

    def _loop_ended(self) -> Iterator[Fix]:
        """Yield the statement that ends a loop in its first round, where an array is right as far as it is filled."""
        site, here, there = self.cause.group.site, self.cause.group.values[-1], self.cause.arrays[-1]
        filled = here != 0
        if here.shape != there.shape or not filled.any() or not np.allclose(here[filled], there[filled]):
            return
        for end in ends_of_loops(site):
            told = f"`{ast.unparse(end).split()[0]}` in line {end.lineno} ends the loop in its first round"
            yield Fix(site, None, told, 1.0, line=end.lineno - site.line)

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
            yield Fix(group.site, None, f"{told} never changes: nothing is handed on to the next round", 3.0)


def _rewriting(variant: Variant, group: Group) -> Make:
    if variant.whole is not None:
        return lambda search: Rewritten(variant, Versions(whole=variant.whole))
    return lambda search: Rewritten(variant, versions_of(search.study, group))


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


def _by_a_term(site: Site) -> Callable[..., list[Variant]]:
    """Return what makes variants with one term or factor more, that names in reach or other lines have."""

    def made(expression: Expression, scope: Scope, versions: Versions, target: Array | None = None) -> list[Variant]:
        plain = _without_versions(scope)
        value = plain.value(expression.text)
        if target is None or value is None or np.shape(value) != target.shape:
            return []
        lacks = target - np.asarray(value)
        small = 1e-7 * float(np.max(np.abs(target), initial=0.0))

        def fits(given: Any, wanted: Array) -> bool:
            return np.shape(given) in ((), wanted.shape) and bool(np.all(np.abs(wanted - given) <= small))

        named = {n: v for n, v in plain.numbers.items() if n.isidentifier()}
        for index, i in [(n, v) for n, v in named.items() if isinstance(v, int)]:  # and what a loop takes of an array
            for n, v in [(n, v) for n, v in named.items() if np.ndim(v) == target.ndim + 1]:
                for axis in [a for a in range(v.ndim) if 0 <= i < v.shape[a]]:
                    named[f"{n}[{', '.join([':'] * axis + [index])}]"] = np.take(v, i, axis)
        terms = [n for n, v in named.items() if fits(v, lacks)]
        if not terms:
            matrices = {n: v for n, v in plain.numbers.items() if np.ndim(v) == 2}
            terms = [text for text, made in products_of(matrices, np.shape(lacks)) if "@" in text and fits(made, lacks)]
        factors = []
        alike = {n: v for n, v in named.items() if np.shape(v) == target.shape}
        for text in [t for t in expressions_of(site.path) if Expression(t).repeatable]:
            other = plain.value(text)
            if np.ndim(other) and np.shape(other) in (target.shape, target.shape[1:]):
                short = text if isinstance(Expression(text).tree, ast.Call) else f"({text})"
                factors += [short] if fits(value * other, target) else []
                terms += [f"{n} * {short}" for n, v in alike.items() if fits(v * other, lacks)]
        whole = expression.bracketed(expression.tree)
        return [
            *(Variant(f"{expression.text} + {t}", f"the term `{t}` missing", 1.5 + 0.01 * len(t)) for t in terms),
            *(Variant(f"{whole} * {t}", f"the factor `{t}` missing", 1.5 + 0.01 * len(t)) for t in factors),
        ]

    return made


def _by_derivation(site: Site) -> Callable[..., list[Variant]]:
    """Return what makes expressions of the form that derivatives have, of the names in reach and a line's parts."""
    whole = Expression("0" if site.mutates else site.text)
    nodes = [n for n in ast.walk(whole.tree) if isinstance(n, ast.BinOp | ast.Call) and n is not whole.tree]
    parts = [whole.bracketed(n) for n in nodes if Expression(whole.of(n)).repeatable][:MOST_PARTS]

    def made(expression: Expression, scope: Scope, versions: Versions, target: Array | None = None) -> list[Variant]:
        return derived(_without_versions(scope), target, parts)

    return made


def _without_versions(scope: Scope) -> Scope:
    numbers = {name: value for name, value in scope.numbers.items() if MARK not in name}
    return Scope(scope.variables, scope.globals, numbers, scope.functions)
