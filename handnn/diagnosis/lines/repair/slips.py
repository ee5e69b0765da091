"""Slips: the smallest edit anywhere in the backward part that makes wrong results right.

A result is linear in most values of the backward part. So what an edit of a line would change in it is a product of
the line's new value with the result's derivative by that value: hundreds of edits are weighed in one run, and only
those that fit are run. Where that does not hold (loops that hand on, squares) the smallest edits are run.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from ..blame.causes import Budget, Cause, Fix, put_plan
from ..blame.groups import NO_VALUES, Group, computed_here, group_of
from ..blame.response import Responses
from ..blame.search import Search
from ..blame.transfer import plan_for
from ..record.recorder import Action, Plan
from ..record.sites import Site, unpacked
from ..record.tape import Event
from ..subject import Array
from .integers import integer_groups, other_choices
from .loops import Over, moved, other_loops, repeated
from .scope import Scope
from .slip import Slip, choices, of_choice, of_way, where_defined
from .statements import Looked, Mutation, always
from .variants import Variant
from .versions import Versions, versions_of
from .weigh import ADDED, CLOSE, Known, Weigh, adding_up, chooses, mark

MOST_RUN, MOST_COMPARED, MOST_OF_GROUP, MOST_ALIKE = 400, 5, 4, 6
FACTOR, SHARE, MOST_OF_PAIR = 1.35, 0.15, 1.31
SURE, OF_LOOP = 1.25, 1.15
OF_SIZE = re.compile(r"the (factor|division by) `?(1 / )?([3-9]|\d\d+)`? missing")
FURTHER, NEAR, STRANGE, SHARED, OF_STEP = 0.45, 0.2, 0.2, 0.3, 0.3
"""Edits that cost more than the smallest by so much are not compared, if it is known and if it is not known what they
do; what a strange value left behind costs, a line that runs in the forward part too, and one that moves a weight."""


Drawn = Sequence[tuple[Search, Plan]]


class Slips:
    """The search for single edits, on a first draw; every find is confirmed on the others."""

    def __init__(self, searches: Sequence[Search], budget: Budget) -> None:
        self.searches, self.budget = searches, budget
        self.study = searches[0].study
        self.known: Known = {}
        self.done: list[Weigh] = []
        forward = {e.site for e in self.study.forward_events}
        tape = self.study.tape
        self.shared = {e.site for e in tape.events[: tape.split_event]}
        weights = set(tape.leaves.values())
        moves = (e for e in self.study.backward_events if e.place.mutates and weights & set(tape.nodes[e.node].parents))
        self.steps = {(e.place.path, e.place.line) for e in moves}
        by_site, handed_on = dict[int, list[Any]](), dict[int, list[Any]]()
        computed = computed_here(self.study, self.study.backward_events)
        for event in self.study.backward_events:
            place = event.place
            if (place.root or place.added) and event.site not in forward and place.role not in NO_VALUES:
                taken = unpacked(place)
                if taken and place.role == "value" and not place.passed:
                    continue  # it only takes what another line has computed
                where = handed_on if place.passed and event.node in computed and not taken else by_site
                where.setdefault(event.site, []).append(event)
        nodes = self.study.tape.nodes
        self.wrong = {tape.find(self.study.returned_by(self.study.run, n)) for n in self.study.wrong}
        self.forward_values = {mark(nodes[e.node].value) for e in self.study.forward_events}
        self.groups = [group_of(self.study, events) for events in by_site.values()]
        self.handed_on = [group_of(self.study, events) for events in handed_on.values()]

    def best(self, right: frozenset[str], responses: Responses) -> list[Cause]:
        """Return the likeliest edit of those that make the most results right; what is right stays.

        It is small, and it leaves few values that are derivatives but for a factor, or none at all. Where no edit
        does, two edits that do so together.
        """
        drawn = self._drawn()
        bases = [right, *(s.study.right(s.study.replay(p)) for s, p in drawn[1:])]
        whole, self.budget = self.budget, self.budget.share(max(0.5, SHARE * self.budget.remaining))
        found = self._best(self._found(responses, drawn[0][1]), drawn, bases)
        if not found or found[0].fix.cost > SURE:
            self.budget = whole.share(max(0.5, SHARE * whole.remaining))
            other = self._best(self._of_loops(drawn[0][1]), drawn, bases)
            better = other and (not found or (len(other[1]), -other[0].fix.cost) > (len(found[1]), -found[0].fix.cost))
            found = other if better else found
        if self.handed_on and not (found and right | found[1] == self.study.returned):
            slips = self._found(responses, drawn[0][1], self.handed_on)
            other = self._best((slip for slip in slips if "` where `" in slip.fix.did), drawn, bases)
            found = other if other and len(other[1]) > len(found[1] if found else ()) else found
        if found and OF_SIZE.fullmatch(found[0].fix.did):  # a length is counted wrong rather
            counted = self._by_integers(drawn, bases, pairs=False)[0]
            found = counted if counted and counted[1] >= found[1] and counted[0].fix.cost < found[0].fix.cost else found
        pair = () if found else self._pair(drawn, bases, responses) or self._moved(drawn, bases)
        if not found and not pair:
            self.budget = whole.share(max(0.5, SHARE * whole.remaining))
            found, pair = self._by_integers(drawn, bases)
        self.budget = whole
        plan = drawn[0][1]
        if found:
            return [self._cause(*found, plan)]
        return [self._cause(slip, frozenset(responses.wrong), plan) for slip in pair]

    def towards(self, cause: Cause) -> Cause | None:
        """Return the likeliest edit that makes right what a cause mends: of the line of its values or before it."""
        search, drawn = self.searches[0], self._drawn()
        bases = [s.study.right(s.study.replay(p)) for s, p in drawn]
        plan = put_plan([*search.causes, cause], search)
        responses = Responses.of_values(self.study, plan, cause)
        if not responses.rows:
            return None
        whole, self.budget = self.budget, self.budget.share(max(0.5, SHARE * self.budget.remaining))
        slips = (slip for slip in self._found(responses, plan) if slip.mends)
        found = self._best(slips, drawn, [b | cause.mends if i else b for i, b in enumerate(bases)])
        self.budget = whole
        return self._cause(*found, drawn[0][1]) if found and cause.mends <= found[1] else None

    def _drawn(self) -> Drawn:
        """Return the draws on which edits are run, each with the plan that mends the causes found so far."""
        causes = self.searches[0].causes
        plans = [plan_for(causes, search, i == 0) for i, search in enumerate(self.searches)]
        return [(s, p) for s, p in zip(self.searches, plans, strict=True) if p is not None]

    def _best(
        self, slips: Iterator[Slip], drawn: Drawn, bases: Sequence[frozenset[str]]
    ) -> tuple[Slip, frozenset[str]] | None:
        """Return the likeliest of the edits that make the most right, and what that is."""
        kept: list[tuple[Slip, frozenset[str]]] = []
        for slip in slips:
            if not self.budget.left():
                break
            if len(kept) >= MOST_COMPARED and slip.fix.cost >= min(other.fix.cost for other, _ in kept):
                continue
            if (kept and not self._worth(slip, kept[0][0])) or any(slip.group is other.group for other, _ in kept):
                continue
            now = self._confirmed([slip], drawn, bases)
            if now and (not kept or len(now) >= len(kept[0][1])):
                kept.append((slip, now))
        if not kept:
            return None
        plan = drawn[0][1]
        best = kept[0] if len(kept) < 2 else min(kept, key=lambda f: (self._unlikely(f[0], plan), f[0].fix.cost))
        best = next((f for f in kept if f[1] == best[1] and _makes_up_for(best[0], f[0])), best)
        defined = where_defined(self.study, best[0])
        now = self._confirmed([defined], drawn, bases) if defined is not None else frozenset()
        return (defined, now) if defined is not None and now == best[1] else best

    def _pair(self, drawn: Drawn, bases: Sequence[frozenset[str]], responses: Responses) -> tuple[Slip, ...]:
        """Return edits of different lines that give the wrong results what they lack: two, or one several times."""
        if not len(responses.rows):
            return ()
        entries, gains, alike = [], [], dict[str, dict[Group, tuple[Variant, Array]]]()
        for w in self.done:
            for variant, alive, total in zip(w.variants or (), w.alive, w.sums, strict=True):
                gain = (total - w.now) / responses.scale
                if alive and np.any(np.abs(gain) > CLOSE):
                    alike.setdefault(variant.did, {}).setdefault(w.group, (variant, gain))
                    entries += [(w.group, variant)] if variant.cost <= MOST_OF_PAIR else []
                    gains += [gain] if variant.cost <= MOST_OF_PAIR else []
        for same in (found for found in alike.values() if 1 < len(found) <= MOST_ALIKE):  # one slip in several lines
            for several in (c for n in range(2, len(same) + 1) for c in combinations(same.items(), n)):
                lacks = responses.missing / responses.scale - np.sum([gain for _, (_, gain) in several], axis=0)
                slips = tuple(Slip.of(group, variant) for group, (variant, _) in several)
                if np.all(np.abs(lacks) <= CLOSE) and self._confirmed(slips, drawn, bases):
                    return slips
        found = []
        for i, j in adding_up(np.array(gains), responses.missing / responses.scale):
            (one, a), (other, b) = entries[i], entries[j]
            if one is not other:
                found.append((a.cost + b.cost + 0.2 * (a.did != b.did), i, j))
        for _, i, j in sorted(found)[:MOST_COMPARED]:
            pair = Slip.of(*entries[i]), Slip.of(*entries[j])
            if self._confirmed(pair, drawn, bases):
                return pair
        return ()

    def _moved(self, drawn: Drawn, bases: Sequence[frozenset[str]]) -> tuple[Slip, ...]:
        """Return what moves a statement into the loop before it."""
        pairs = ((of_way(*late), of_way(*early)) for late, early in moved(self._relevant()))
        return next((p for p in pairs if self.budget.left() and self._confirmed(p, drawn, bases)), ())

    def _of_loops(self, plan: Plan) -> Iterator[Slip]:
        """Yield the edits of what loops run over and repeat: each has to be run."""
        lines = {(g.site.path, g.site.function) for g in self._relevant()}
        edits: list[tuple[Site, str | None, str, Action]] = [(s, None, told, once) for s, once, told in repeated(lines)]
        edits += [(s, v.fix, v.did, Over(v)) for s, v in other_loops(self.study, plan, lines)]
        for site, text, did, action in edits:
            make = always(action)
            yield Slip(
                Group((Event(-1, site.number, 0, 0),), (np.zeros(1),)), Fix(site, text, did, OF_LOOP, make), make
            )

    def _by_integers(
        self, drawn: Drawn, bases: Sequence[frozenset[str]], pairs: bool = True
    ) -> tuple[Any, tuple[Slip, ...]]:
        """Return an edit of a whole number, or the same edit of several: `i * stride` and `j * stride`."""
        lines = {(g.site.path, g.site.function) for g in self._relevant()}
        groups = integer_groups(self.study, drawn[0][1], lines)
        made = [Weigh(g, [None] * len(g.events), Versions(), self.known, self.budget, None) for g in groups]
        self.study.replay({**drawn[0][1], **{w.group.site.number: w for w in made}})
        slips = (slip for w in made if w.complete for slip in choices(w))
        found = sorted(slips, key=lambda s: (len(s.group.events) == 1, s.fix.cost))
        found += [of_choice(*other) for other in other_choices(self.study, drawn[0][1], lines)]
        best = self._best(iter(found), drawn, bases)
        if best is not None or not pairs:
            return best, ()
        alike: dict[str, dict[int, Slip]] = {}
        for slip in found:
            alike.setdefault(slip.fix.did, {}).setdefault(slip.group.site.number, slip)
        for same in sorted(alike.values(), key=len):
            for pair in combinations(same.values(), 2):
                if self.budget.left() and self._confirmed(pair, drawn, bases):
                    return None, pair
        return None, ()

    def _worth(self, slip: Slip, first: Slip) -> bool:
        """Return whether an edit could be likelier than the first that was found."""
        if slip.mends:
            return slip.fix.cost <= first.fix.cost + FURTHER and len(slip.mends) >= len(first.mends)
        return slip.fix.cost <= first.fix.cost + NEAR

    def _unlikely(self, slip: Slip, plan: Plan) -> float:
        """Return how unlikely an edit is: its cost, that of editing what is right, and of what it leaves strange."""
        search = self.searches[0]
        action = slip.make(search)
        ran, tape = self.study.record({**plan, slip.group.site.number: action})
        results, site = [tape.find(self.study.returned_by(ran, n)) for n in self.study.returned], slip.group.site
        used = tape.ancestors(*(node for node in results if node is not None))
        after: dict[int, dict[int, Array]] = {}
        for event in tape.events:
            if event.node in used or None in results:
                after.setdefault(event.site, {})[event.occurrence] = tape.nodes[event.node].array
        after[site.number] = dict(enumerate(map(np.asarray, getattr(action, "made", ()))))
        strange = 0
        for group in search.groups:
            values = [after.get(group.site.number, {}).get(e.occurrence) for e in group.events]
            if all(v is not None for v in values):
                meant = search.meaning(Group(group.events, tuple(v for v in values if v is not None), group.kind))
                strange += not meant or bool(meant[0].factor.name)
        own = search.meaning(slip.group) if site.role != "value" else []
        clean = own and not own[0].factor.name and not self.wrong & {e.node for e in slip.group.events}
        clean = clean or all(mark(v) in self.forward_values for v in slip.group.values)
        shared = SHARED * (site.number in self.shared) + OF_STEP * ((site.path, site.line) in self.steps)
        return round(slip.fix.cost + STRANGE * strange + search.clean * bool(clean) + shared, 6)

    def _confirmed(self, slips: Sequence[Slip], drawn: Drawn, bases: Sequence[frozenset[str]]) -> frozenset[str]:
        """Return what edits make right on every draw; nothing if they make something wrong."""
        mended: frozenset[str] | None = None
        for (search, plan), base in zip(drawn, bases, strict=True):
            edits = {slip.group.site.number: slip.make(search) for slip in slips}
            ran = search.study.replay({**plan, **edits})
            now = search.study.right(ran)
            if not base <= now:
                return frozenset()
            mended = now if mended is None else mended & now
        return (mended or frozenset()) - bases[0]

    def _cause(self, slip: Slip, mends: frozenset[str], plan: Plan) -> Cause:
        action = slip.make(self.searches[0])
        _, tape = self.study.record({**plan, slip.group.site.number: action})
        made = [np.array(v, dtype=float) for v in getattr(action, "made", ())]
        if slip.group.site.mutates:  # the edit is done before the value is recorded
            made = [tape.nodes[e.node].array for e in tape.events if e.site == slip.group.site.number]
        pairs = zip(slip.group.events, slip.group.values, strict=True)
        arrays = tuple(made[e.occurrence] if e.occurrence < len(made) else old for e, old in pairs)
        meant = self.searches[0].meaning(Group(slip.group.events, arrays, slip.group.kind)) if made else []
        meant = meant if slip.group.order >= 0 else []  # whole numbers are no derivatives
        return Cause(slip.group, meant[0] if meant else None, arrays, mends, fix=slip.fix)

    # --- which edits

    def _relevant(self, groups: Sequence[Group] = ()) -> list[Group]:
        """Return those of the groups, by default of all, that wrong results were computed from."""
        search = self.searches[0]
        nodes = search.nodes_of_wrong
        edited = {c.group.site.number for c in search.causes}
        left = [g for g in groups or self.groups if g.site.number not in edited]
        return [g for g in left if nodes is None or any(e.node in nodes for e in g.events)]

    def _found(self, responses: Responses, plan: Plan, groups: Sequence[Group] = ()) -> Iterator[Slip]:
        """Yield the edits that should make results right, the likeliest first."""
        weighed, statements = [], []
        misfits = self.searches[0].misfits
        for group in self._relevant(groups):
            if group.site.mutates:
                statements += [group] if group.site.number not in plan else []
            else:
                slopes, versions = responses.matrices(group), versions_of(self.study, group)
                if group.events[-1].node in misfits:  # of another size: nothing is weighed, but its odd edits are run
                    slopes = [np.zeros((len(responses.missing), np.size(value))) for value in group.values]
                if any(s is not None for s in slopes) or chooses(group):
                    then = plan.get(group.site.number)
                    weighed.append(Weigh(group, slopes, versions, self.known, self.budget, then))
        surveys = {g.site.number: Looked() for g in statements}
        self.study.replay({**plan, **{w.group.site.number: w for w in weighed}, **surveys})
        done = [w for w in weighed if w.variants is not None and w.complete]
        linear = [w for w in done if not w.choosing]
        self.done = self.done if groups else linear
        sure = [slip for w in linear for slip in self._fitting(w, responses)]
        tried: dict[Group, int] = {}
        for slip in sorted(sure, key=lambda s: (-len(s.mends), s.fix.cost, s.group.order)):
            tried[slip.group] = tried.get(slip.group, 0) + 1
            if tried[slip.group] <= MOST_OF_GROUP:
                yield slip
        unsure = [slip for w in done for slip in (choices(w) if w.choosing else self._others(w, responses))]
        for group in statements:
            unsure += self._ways(group, surveys[group.site.number].scope)
        # masks are few, and nothing else tells whether they are right
        yield from sorted(unsure, key=lambda s: s.fix.cost - 0.2 * chooses(s.group))[:MOST_RUN]

    def _fitting(self, w: Weigh, responses: Responses) -> Iterator[Slip]:
        """Yield the edits of an expression that should make results right."""
        fits = np.abs(w.sums - w.now - responses.missing) <= CLOSE * responses.scale
        for variant, alive, fit in zip(w.variants or (), w.alive, fits, strict=True):
            mends = responses.named(fit) if alive and fit.any() else None
            if mends:
                yield Slip.of(w.group, self._in_shape(variant, w, mends), mends)
        yield from self._factors(w, responses)

    def _in_shape(self, variant: Variant, w: Weigh, mends: frozenset[str]) -> Variant:
        """Return a variant, at a higher cost if it gives all elements of a derivative in another shape."""
        shape = w.shapes.get(variant, ())
        shapes = {np.shape(self.study.truth[name]) for name in mends if name in self.study.truth}
        flat = shape not in shapes and any(np.prod(shape) == np.prod(other) for other in shapes)
        return replace(variant, cost=variant.cost + 0.01) if flat else variant

    def _factors(self, w: Weigh, responses: Responses) -> Iterator[Slip]:
        """Yield the factors that an expression lacks."""
        with np.errstate(all="ignore"):
            ratios = (responses.missing + w.now) / w.now
        for c in {f"{r:.6g}": float(r) for r in ratios if np.isfinite(r) and r}.values():
            mends = responses.named(np.abs(responses.missing + w.now - c * w.now) <= CLOSE * responses.scale)
            word = w.scope.spelled(c) if mends and abs(c - 1) > CLOSE else None
            if word is not None:
                text = f"{word} * ({w.expression.text})"
                cost = FACTOR + 0.5 * (w.group.site.role == "value") + 0.2 * (word == "-1")  # a sign, told as one
                did = f"the factor `{word}` missing"
                yield Slip.of(w.group, Variant(text, did, cost, whole=w.versions.whole), mends)

    def _others(self, w: Weigh, responses: Responses) -> Iterator[Slip]:
        """Yield the edits of which it is not known what they do."""
        wrong = frozenset(responses.wrong)
        yield from (Slip.of(w.group, self._in_shape(v, w, wrong)) for v in w.odd if v.cost <= 1.15)
        if len(w.group.events) > 1:  # what an earlier visit would have left is not weighed
            yield from (Slip.of(w.group, v) for v in w.variants or () if v.did == ADDED)
        if not self.budget.left() or responses.linear(w.group):
            return
        seen = {np.round(w.now / responses.scale, 7).tobytes()}
        for variant, alive, total in zip(w.variants or (), w.alive, w.sums, strict=True):
            mark = np.round(total / responses.scale, 7).tobytes()
            if alive and mark not in seen:
                seen.add(mark)
                yield Slip.of(w.group, variant)

    def _ways(self, group: Group, scope: Scope | None) -> Iterator[Slip]:
        """Yield the other ways to do a statement that changes something in place."""
        mutation = Mutation.of(group.site)
        if mutation is None or scope is None:
            return
        ways = [
            *mutation.other_operators(),
            *mutation.other_values(scope),
            *mutation.other_indices(scope),
            *mutation.also(scope),
        ]
        yield from (of_way(group, way) for way in ways)


def _makes_up_for(slip: Slip, other: Slip) -> bool:
    """Return whether an edit only multiplies a name by what a smaller edit of its definition gives it."""
    factor = re.fullmatch(r"the factor (\d) missing", slip.fix.did)
    named = factor is not None and f"{factor[1]} * {other.group.site.target}" in (slip.fix.text or "")
    return named and slip.group is not other.group and other.fix.cost < slip.fix.cost
