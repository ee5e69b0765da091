"""Locating: from wrong results to the lines that break them, each with what belongs there."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from .blame.causes import Cause, Fix, put_plan
from .blame.groups import group_of
from .blame.search import Search, partly
from .blame.shares import forgotten
from .blame.transfer import plan_for
from .deadline import within
from .judgement import Blame, Judgement
from .notes import SHOWN, notes_of
from .repair.repairs import Repairs
from .repair.slips import Slips
from .subject import Array

SECONDS_A_FIX = 4.0
CONVINCING = 1.1
MOST_COMPARED = 3
"""Places that would mend as much: so many are searched for an edit before one is blamed."""


def locate(search: Search, second: Sequence[Search], made: Judgement) -> None:
    """Write the blame and a note for every line into a judgement; `second` are searches on other draws."""
    slips = Slips([search, *second], search.budget)

    def choose(causes: Sequence[Cause]) -> Cause:
        """Take the smallest edit that does what one of the causes does; if there is none, the likeliest cause."""
        edits: list[tuple[float, int, Cause]] = []
        for cause in causes[:MOST_COMPARED]:
            if search.values_first and cause.preference[0] > causes[0].preference[0]:
                break
            edited = slips.towards(cause)
            if edited is not None and edited.fix is not None:
                edits.append((round(edited.fix.cost + 0.5 * cause.preference[0], 1), len(edits), edited))
                if edited.fix.cost <= CONVINCING or search.values_first:
                    break
        return min(edits)[2] if edits else search.earliest(_first_of_multiples(causes))

    causes = search.causes_of_wrong(choose, slips.best)
    fixes: dict[Cause, Fix | None] = {cause: cause.fix for cause in causes}
    for cause in causes:
        if fixes.get(cause) is None:
            repairs = _repairs(_added(cause, search), cause, search, second)
            known = [f for c in causes if (f := fixes.get(c)) is not None and f.make is not None]
            shared = [f for f in known if f.make is not None and repairs.confirmed(f.site.number, f.make)]
            thorough = partial(repairs.thorough, SECONDS_A_FIX)
            fixes[cause] = shared[0] if shared else within(2 * SECONDS_A_FIX, thorough)
    for cause in causes:
        fixes[cause] = fixes[cause] or _share_missing(cause, search)
    made.blamed = _merged([_blame(cause, fixes[cause], search.unknown) for cause in causes])
    made.lines = notes_of(search, made.blamed)


def _first_of_multiples(causes: Sequence[Cause]) -> Cause:
    """Return the likeliest cause, or the earliest whose values it only multiplies by a number: it hands them on."""
    best = causes[0]
    here = np.concatenate([np.ravel(v) for v in best.group.values])
    for other in sorted(causes, key=lambda c: c.group.order):
        there = np.concatenate([np.ravel(v) for v in other.group.values])
        if other.group.order < best.group.order and here.shape == there.shape and np.any(there):
            factor = float(here @ there) / float(there @ there)
            if np.allclose(here, factor * there, rtol=1e-9, atol=1e-14):
                return other
    return best


def _share_missing(cause: Cause, search: Search) -> Fix | None:
    """Return that a derivative lacks a share: of some uses of a value, or at some steps of a loop only."""
    if told := forgotten(cause, search):
        return Fix(cause.group.site, None, told, 3.0)
    known, must_be = search.meaning(cause.group), cause.must_be
    if not known or must_be is None:
        return None
    if not partly(cause.group, cause.arrays) or known[0].factor.name:
        return None
    told = f"{known[0].shown} alone: what other steps hand back is missing, it is complete at {cause.agreeing} of "
    return Fix(cause.group.site, None, f"{told}{len(cause.group.events)} steps", 3.0)


def _added(cause: Cause, search: Search) -> Cause:
    """Return what a statement that adds once must add, in place of what must be there after it: it is no step."""
    event, tape = cause.group.events[0], search.study.tape
    sign = {"iadd": 1, "isub": -1}.get(getattr(event.place.operator, "__name__", ""), 0)
    step = bool(set(tape.leaves.values()) & set(tape.nodes[event.node].parents))
    if not event.place.mutates or len(cause.group.events) != 1 or not sign or step:
        return cause
    before, line = tape.events[: event.order], (event.place.path, event.place.line)
    inside = [e for e in before if e.place.added and (e.place.path, e.place.line) == line]
    if not inside or np.shape(tape.nodes[inside[-1].node].value) != np.shape(cause.arrays[0]):
        return cause
    group = group_of(search.study, inside[-1:])
    right = group.values[0] + sign * (cause.arrays[0] - cause.group.values[0])
    return replace(cause, group=group, arrays=(right,))


def _repairs(added: Cause, cause: Cause, search: Search, second: Sequence[Search]) -> Repairs:
    rest = [c for c in search.causes if c is not cause]
    searches, plans = [search], [put_plan(rest, search)]
    for other in second:
        plan = plan_for(rest, other, False)
        if plan is not None:
            searches.append(other)
            plans.append(plan)
    return Repairs(searches, added, plans, search.budget)


def _blame(cause: Cause, fix: Fix | None, unknown: str) -> Blame:
    site = cause.group.site if fix is None else fix.site
    code = " ".join(site.text.split())
    here = np.concatenate([np.ravel(v).astype(float) for v in cause.group.values])
    there = np.concatenate([np.ravel(a).astype(float) for a in cause.arrays])
    worst = int(np.argmax(np.abs(here - there))) if here.shape == there.shape and cause.group.order >= 0 else None
    return Blame(
        file=site.path,
        line=site.line if fix is None else site.line + fix.line,
        end_line=site.end_line if fix is None else max(site.end_line, site.line + fix.line),
        code=code,
        must_be=cause.must_be.shown_in_full if cause.must_be else None if cause.group.order < 0 else unknown,
        fix=None if fix is None or fix.text == code else fix.text,
        did=None if fix is None or not fix.did else fix.did,
        here=None if worst is None else float(here[worst]),
        there=None if worst is None else float(there[worst]),
        results=tuple(sorted(cause.mends)),
        values=() if worst is None else _around(here, there, worst),
    )


def _around(here: Array, there: Array, worst: int) -> tuple[tuple[float, float], ...]:
    """Return a few numbers from the worst one on, each with what it should be."""
    first = max(0, min(worst, here.size - SHOWN))
    return tuple((float(a), float(b)) for a, b in zip(here[first:], there[first : first + SHOWN], strict=False))


def _merged(blamed: list[Blame]) -> list[Blame]:
    """Return one blame for each place, in the order of the source."""
    kept: dict[tuple[object, ...], Blame] = {}
    for blame in blamed:
        key = (blame.file, blame.line, blame.code)
        known = kept.get(key)
        if known is None or (known.fix is None and blame.fix is not None):
            results = blame.results + (known.results if known else ())
            kept[key] = Blame(**{**vars(blame), "results": tuple(sorted(set(results)))})
    return sorted(kept.values(), key=lambda b: (str(b.file), b.line))
