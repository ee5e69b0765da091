"""Blame by intervention: a value is to blame if a true derivative in its place makes wrong results right.

The change that makes the most results right is taken, the earliest first; it stays in place, and the search goes on
until every result is right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations, islice

import numpy as np

from ..derive.rules import MOVING
from ..derive.session import Run
from ..derive.study import Study
from ..record.recorder import Plan
from ..record.sites import unpacked
from ..subject import Array
from .causes import Budget, Cause, likeliest, put_plan
from .factors import Factor, Factors
from .families import Family, Pairing
from .groups import Group, Meaning, groups_of, matches, meanings
from .response import Responses

Stage = Callable[[frozenset[str]], Iterator[Cause]]
Edit = Callable[[frozenset[str], Responses], list[Cause]]

MOST_PAIRS = 30
MOST_PARTS = 200
"""So many values are tried of which each may make some elements right."""


class Search:
    """The search for causes on one draw. `unknown` says what belongs where nothing known fits."""

    unknown = "the derivative, element by element"
    clean = 0.35
    """What an edit of a right value costs more."""
    values_first = False
    """Whether values that mend everything are looked for before edits."""

    def __init__(self, study: Study, families: Sequence[Family], budget: Budget) -> None:
        self.study, self.families, self.budget = study, families, budget
        self.factors = Factors.of(study)
        self.groups = groups_of(study, study.backward_events)
        self.tolerance = 1e-7 if not study.numeric else 1e-4
        self.meanings: dict[Group, list[Meaning]] = {}
        self._orders: dict[int, set[bool]] = {}
        self.causes: list[Cause] = []
        self.nodes_of_wrong: set[int] | None = None
        self.stages: tuple[Stage, ...] = (self._whole, self._response, self._results)
        self.joint_before: Stage = self._results

    def meaning(self, group: Group) -> list[Meaning]:
        """Return what a group's values are, computed once."""
        if group not in self.meanings:
            self.meanings[group] = meanings(group, self.families, self.factors, self.tolerance)
        return self.meanings[group]

    def run(self, put: Mapping[int, Mapping[int, Array]]) -> Run:
        """Run with the causes found so far mended, and more values put in place."""
        return self.study.replay(self.plan(put))

    def plan(self, put: Mapping[int, Mapping[int, Array]] | None = None) -> Plan:
        """Return the plan that mends the causes found so far, and puts more values in place."""
        return put_plan(self.causes, self, put)

    def causes_of_wrong(self, choose: Callable[[Sequence[Cause]], Cause], edit: Edit) -> list[Cause]:
        """Return the causes of all wrong results, as far as they are found.

        `choose` gets the causes that mend the most, the likeliest first. `edit` gives an edit of the source that makes
        results right: if nothing makes more right, that is the cause.
        """
        right = self.study.right(self.run({}))
        tried: object = None
        for stage in self.stages:
            if right < self.study.returned and (
                (stage == self._response and self._by_elements(right))
                or (stage == self.joint_before and self._jointly(right))
            ):
                right = self.study.right(self.run({}))
            while right < self.study.returned and self.budget.left():
                self.responses = Responses.of_results(self.study, self.plan(), self.study.returned - right)
                self.nodes_of_wrong = self._computed_from(self.study.returned - right)
                found = list(stage(right)) if self.values_first else []
                edited: list[Cause] = []
                if all(right | cause.mends != self.study.returned for cause in found):
                    edited = edit(right, self.responses) if (right, len(self.causes)) != tried else []
                    tried = right, len(self.causes)
                mended = edited[0].mends if edited else frozenset()
                if not self.values_first and right | mended != self.study.returned:
                    found = list(stage(right))
                most = max((len(cause.mends) for cause in found), default=0)
                if edited and len(mended) >= most:
                    self.causes += edited
                elif found:
                    self.causes.append(choose(likeliest([c for c in found if len(c.mends) == most])))
                else:
                    break
                right = self.study.right(self.run({}))
        return self.causes

    def _preference(self, group: Group, must_be: Meaning, arrays: Sequence[Array]) -> tuple[int, int]:
        """Return how likely a group is to blame: lower first.

        A value that is no derivative, that is the right one at some visits only (a share is missing at the others), or
        that brings a factor in: the earliest. A factor that it inherits, or a right
        derivative that is used as another: the latest, for its own line is right and its use is not.
        """
        known = self.meaning(group)
        strange = int(must_be.factor.name not in self.conventions)
        site = group.site
        strange += site.role == "value" and unpacked(site) and not site.passed  # it takes what a function computes
        own = [m for m in known if m.family.key == must_be.family.key]
        if known and known[0].is_share_of(must_be):  # other shares were left out here
            return strange, group.order
        if not known or (own and own[0].factor == must_be.factor) or partly(group, arrays):
            return strange, _begins(group, arrays)
        if known[0].factor.name == "" or not own:
            return 1 + strange, -group.order
        nodes = self.study.tape.ancestors(*(e.node for e in group.events)) - {e.node for e in group.events}
        nearest = [g for g in self.groups if any(e.node in nodes for e in g.events) and self.meaning(g)]
        if not nearest or self.meaning(nearest[-1])[0].factor.name != own[0].factor.name:  # brought in here
            return strange, group.order
        passes_on = group.site.role == "value"
        return 1 + strange + passes_on, -group.order

    def _order_of_loops(self, count: int) -> set[bool]:
        """Return whether the loops of so many visits are found to run backwards."""
        if count not in self._orders:
            alike = [g for g in self.groups if len(g.events) == count > 1 and self.meaning(g)]
            self._orders[count] = {self.meaning(g)[0].pairing.reverse for g in alike}
        return self._orders[count]

    @cached_property
    def conventions(self) -> set[str]:
        """The factors that this backward part uses: of leaves none, of other derivatives those that occur."""
        return {""} | {self.meaning(g)[0].factor.name for g in self.groups if self.meaning(g)}

    def _relevant(self, right: frozenset[str]) -> list[Group]:
        """Return the groups that wrong results were computed from, not mended yet, more than a forward value."""
        nodes, forward = self._computed_from(self.study.returned - right), self.study.forward_nodes

        def passes_on(g: Group) -> bool:
            return g.site.role in ("value", "item") and all(e.node in forward for e in g.events)

        used = [g for g in self.groups if nodes is None or any(e.node in nodes for e in g.events)]
        return [g for g in used if not self._mended(g) and not passes_on(g)]

    def _computed_from(self, names: frozenset[str]) -> set[int] | None:
        """Return the nodes that results were computed from, None if one of them has none on the tape."""
        computed: set[int] = set()
        for name in names:
            node = self.study.tape.find(self.study.returned_by(self.study.run, name))
            nodes = set() if node is None else self.study.tape.ancestors(node)
            if not nodes - set(self.study.tape.leaves.values()):  # filled in a way that is not recorded
                return None
            computed |= nodes
        return computed

    def _mended(self, group: Group) -> bool:
        places = {(c.group.events[0].site, o) for c in self.causes for o in c.put}
        return any((e.site, e.occurrence) in places for e in group.events)

    def _whole(self, right: frozenset[str]) -> Iterator[Cause]:
        for group in self._relevant(right):
            yield from self._of_group(group, right)

    def _of_group(self, group: Group, right: frozenset[str]) -> Iterator[Cause]:
        """Yield the causes that a group can be: with each derivative that fits its shape."""
        if self.budget.left() and self.responses.linked:
            yield from self._by_slopes(group, right)

    def _mending(
        self, right: frozenset[str], group: Group, meaning: Meaning, arrays: Sequence[Array], unusual: bool = False
    ) -> Iterator[Cause]:
        """Yield the cause that a group is, if what it must be makes more right."""
        scaled = tuple(meaning.factor.value * a for a in arrays)
        now = self.study.right(self.run(group.put(scaled)))
        if right < now:
            yield Cause(group, meaning, scaled, now - right, self._preference(group, meaning, scaled), unusual)

    def _by_slopes(self, group: Group, right: frozenset[str]) -> Iterator[Cause]:
        """Yield the causes that a group can be; only those are run for which the numbers fit."""
        slopes = self.responses.slopes(group)
        if not slopes:
            return
        acting = [i for i in range(len(group.events)) if any(parts[i] is not None for parts in slopes.values())]
        if len(acting) < len(group.events):
            group = group.part(acting)
            slopes = {name: [parts[i] for i in acting] for name, parts in slopes.items()}
        for family in self.families:
            for pairing, arrays in matches(group, family):
                factors: dict[str, tuple[int, Factor]] = {}
                for ratio in self.responses.ratios(slopes, group, arrays).values():
                    factor = self.factors.named(ratio)
                    if factor is not None:
                        factors[factor.name] = factors.get(factor.name, (0, factor))[0] + 1, factor
                for _, factor in sorted(factors.values(), key=lambda f: (-f[0], len(f[1].name)))[:2]:
                    usual = self._order_of_loops(len(group.events))
                    unusual = bool(usual) and pairing.reverse not in usual
                    found = list(self._mending(right, group, Meaning(family, factor, pairing), arrays, unusual))
                    yield from found
                    if found:
                        break
                if not self.budget.left():
                    return

    @property
    def result_nodes(self) -> dict[str, int]:
        """The nodes of the returned results, as far as they are on the tape."""
        found = {n: self.study.tape.find(self.study.returned_by(self.study.run, n)) for n in self.study.returned}
        return {name: node for name, node in found.items() if node is not None}

    @property
    def misfits(self) -> set[int]:
        """The nodes of results that have another number of elements than what they are derived by."""
        results = self.study.results(self.study.run)
        return {node for name, node in self.result_nodes.items() if results.get(name) is None}

    def earliest(self, cause: Cause) -> Cause:
        """Return the first line whose value could be anything else so that as much is mended as by a cause.

        Where a result itself is replaced, that says nothing of the place: what it was computed from may be wrong.
        """
        meaning = cause.must_be
        if meaning is not None and meaning.family.key[0] != "leaf":
            return cause
        right = self.study.returned - cause.mends
        earlier = [g for g in self._relevant(right) if g.order < cause.group.order and self._computes(g)]
        found = [c for c in self._response(self.study.right(self.run({})), earlier) if cause.mends <= c.mends]
        return min(found, key=lambda c: c.preference, default=cause)

    def _computes(self, group: Group) -> bool:
        """Return whether a line makes something new that is no derivative as it is."""
        made = [getattr(self.study.tape.nodes[e.node].function, "__name__", "") for e in group.events]
        return not self.meaning(group) and group.site.role != "value" and not set(made) <= MOVING - {"overwrite"}

    def _response(self, right: frozenset[str], groups: Sequence[Group] | None = None) -> Iterator[Cause]:
        """Yield values that act element by element on a wrong result: what they must be follows."""
        random = np.random.default_rng(5)
        for group in self._relevant(right) if groups is None else groups:
            if len(group.events) != 1 or not self.budget.left():
                continue
            event, value = group.events[0], group.values[0]
            for name in sorted(self.study.returned - right):
                truth = self.study.truth[name]
                before = self.study.results(self.run({}))[name]
                step = random.uniform(0.5, 1.5, size=value.shape)
                after = self.study.results(self.run({event.site: {event.occurrence: value + step}}))[name]
                if value.size != truth.size or before is None or after is None:
                    continue
                gain = (after - before).reshape(value.shape) / step
                if not np.all(np.isfinite(gain)) or not np.all(gain):
                    continue
                needed = value + (truth - before).reshape(value.shape) / gain
                now = self.study.right(self.run({event.site: {event.occurrence: needed}}))
                if right < now:
                    yield Cause(group, None, (needed,), now - right, (1, group.order))

    def _jointly(self, right: frozenset[str]) -> bool:
        """Blame values that are right at some visits and wrong at others, if putting all of them right helps.

        So mistakes are found that no change of one place makes good: two sums that both start anew.
        """
        found = []
        for group in self._relevant(right):
            fits = [self._cause(group, f, p, a) for f in self.joint_families for p, a in matches(group, f)]
            partly = [c for c in fits if 0 < c.agreeing < len(group.events)]
            found += sorted(partly, key=lambda c: -c.agreeing)[:1]
        pairs = ([*pair] for pair in islice(combinations(found, 2), MOST_PAIRS))
        return self._blame_all(found, right) or any(self.budget.left() and self._blame_all(p, right) for p in pairs)

    def _by_elements(self, right: frozenset[str]) -> bool:
        """Blame values that make some elements of a wrong result right, each by itself: weights moved one by one."""
        before = now = self._elements({})
        most = max((self.study.truth[name].size for name in self.study.returned - right), default=0)
        groups = [g for g in self._relevant(right) if len(g.events) == 1 and g.values[0].size < most]
        fits = ((g, f, p, a) for g in groups for f in self.families for p, a in matches(g, f))
        found: list[Cause] = []
        for group, family, pairing, arrays in islice(fits, MOST_PARTS):
            if not self.budget.left():
                break
            then = self._elements(group.put(arrays))
            if np.all(then[before]) and np.any(then & ~now):
                found.append(self._cause(group, family, pairing, arrays))
                now = now | then
        return self._blame_all(found, right)

    def _elements(self, put: Mapping[int, Mapping[int, Array]]) -> Array:
        """Return which elements of all results are right, with values put in place."""
        results, nothing = self.study.results(self.run(put)), np.array(np.inf)
        found = ((results[name], self.study.truth[name]) for name in sorted(self.study.returned))
        return np.concatenate([np.isclose(nothing if v is None else v, t).ravel() for v, t in found])

    @property
    def joint_families(self) -> Sequence[Family]:
        """What values that are to blame together may be."""
        return self.families

    def _cause(self, group: Group, family: Family, pairing: Pairing, arrays: Sequence[Array]) -> Cause:
        meaning = Meaning(family, Factor("", 1.0), pairing)
        return Cause(group, meaning, tuple(arrays), frozenset(), (0, group.order))

    def _blame_all(self, found: Sequence[Cause], right: frozenset[str]) -> bool:
        """Blame those of some causes that are needed for what all of them mend; return whether they mend anything."""
        before = list(self.causes)
        self.causes = [*before, *found]
        mended = self.study.right(self.run({}))
        if not right < mended:
            self.causes = before
            return False
        needed = list(found)
        for cause in found:
            self.causes = [*before, *(c for c in needed if c is not cause)]
            if mended <= self.study.right(self.run({})):
                needed.remove(cause)
        self.causes = [*before, *(replace(c, mends=mended - right) for c in needed)]
        return True

    def _results(self, right: frozenset[str]) -> Iterator[Cause]:
        """Yield the places where a wrong result itself was computed, whatever its shape."""
        for name in sorted(self.study.returned - right):
            truth = self.study.truth[name]
            family = next(f for f in self.families if f.key == ("leaf", name))
            node = self.study.tape.find(self.study.returned_by(self.study.run, name))
            value = np.asarray(self.study.returned_by(self.study.run, name))
            for group in sorted(self.groups, key=lambda g: (g.site.role == "value", -g.order)):
                same = group.events[-1].node == node or (
                    node is None and group.values[-1].size == value.size and np.array_equal(group.values[-1], value)
                )
                if not same or self._mended(group):
                    continue
                event = group.events[-1]
                now = self.study.right(self.run({event.site: {event.occurrence: truth}}))
                if right < now:
                    last = Group((event,), (group.values[-1],), "one")
                    yield Cause(last, Meaning(family, Factor("", 1.0), Pairing()), (truth,), now - right)
                    break


def partly(group: Group, arrays: Sequence[Array]) -> bool:
    """Return whether a group's values are what they must be at some visits, and not at others."""
    pairs = [(v, a) for v, a in zip(group.values, arrays, strict=True) if np.any(a)]
    agree = [np.shape(v) == np.shape(a) and np.allclose(v, a, rtol=1e-7, atol=1e-12) for v, a in pairs]
    return any(agree) and not all(agree)


def _begins(group: Group, arrays: Sequence[Array]) -> int:
    """Return when the first of a group's values was computed that is not what it must be."""
    for event, value, array in zip(group.events, group.values, arrays, strict=True):
        if not np.allclose(value, array, rtol=1e-7, atol=1e-12):
            return event.order
    return group.order
