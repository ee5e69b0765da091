"""Taking a cause from one draw to another: the same site, the same family, the same factor by name."""

from collections.abc import Sequence

from ..record.recorder import Plan
from .causes import Cause, put_plan
from .groups import Group, matches
from .search import Search


def plan_for(causes: Sequence[Cause], target: Search, own: bool) -> Plan | None:
    """Return the plan that mends causes on a draw, None if one of them has no counterpart there."""
    if own:
        return put_plan(causes, target)
    moved = [_moved(cause, target) for cause in causes if cause.edit is None]
    edited = [cause for cause in causes if cause.edit is not None]
    return None if None in moved else put_plan([*(cause for cause in moved if cause is not None), *edited], target)


def _moved(cause: Cause, target: Search) -> Cause | None:
    meaning = cause.must_be
    if meaning is None:
        return None
    group = _counterpart(cause, target)
    if group is None:
        return None
    family = next((f for f in target.families if f.key == meaning.family.key), None)
    name = meaning.factor.name
    value = target.factors.known.get(name.removeprefix("-"))
    if family is None or value is None:
        return None
    factor = -value if name.startswith("-") else value
    if cause.group.kind == "one" and not any(True for _ in matches(group, family)):
        return Cause(group, meaning, (factor * family.arrays[0],), cause.mends)
    for pairing, arrays in matches(group, family):
        if pairing == meaning.pairing:
            return Cause(group, meaning, tuple(factor * a for a in arrays), cause.mends)
    return None


def _counterpart(cause: Cause, target: Search) -> Group | None:
    number, kind = cause.group.site.number, cause.group.kind
    for group in target.groups:
        if group.site.number == number and kind in ("one", group.kind):
            if kind != "one":
                return group
            visits = [e.occurrence for e in group.events]
            wanted = cause.group.events[0].occurrence
            at = visits.index(wanted) if wanted in visits else len(visits) - 1
            return Group((group.events[at],), (group.values[at],), "one")
    return None
