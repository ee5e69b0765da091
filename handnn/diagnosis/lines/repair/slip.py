"""One slip: an edit at one site, and what it should make right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..blame.causes import Fix, Make
from ..blame.groups import Group, group_of
from ..derive.study import Study
from ..record.recorder import Action
from ..record.sites import unpacked
from .expression import operand, simplified
from .integers import Taken, likely, whole_numbers_of
from .statements import Way, always
from .variants import Rewritten, Variant
from .versions import uses_of, versions_of
from .weigh import Weigh

MOST_CHOICES, MOST_ALIKE, MOST_LENGTHS = 160, 5, 3
INSTEAD = re.compile(r"`(\w+)` where `(.+)` belongs")
LACKS = re.compile(r"the (factor|division by) `(.+)` missing")
OF_WINDOWS = re.compile(r"stride|pad|(?<!\.)size|step|pool")
"""Names that are likelier than others of the same value."""


@dataclass(frozen=True, eq=False)
class Slip:
    """An edit at one site, and the results that it should make right; none if that is not known."""

    group: Group
    fix: Fix
    make: Make
    mends: frozenset[str] = frozenset()

    @classmethod
    def of(cls, group: Group, variant: Variant, mends: frozenset[str] = frozenset()) -> "Slip":
        """Return the edit that puts a variant in place of an expression."""

        def make(search: Any) -> Action:
            return Rewritten(variant, variant.versions or versions_of(search.study, group))

        return cls(group, Fix(group.site, variant.fix, variant.did, variant.cost, make, variant.line), make, mends)


def of_choice(group: Group, variant: Variant) -> Slip:
    """Return the edit that takes another name or function out of a list."""
    make = always(Taken(variant))
    return Slip(group, Fix(group.site, variant.fix, variant.did, variant.cost, make, variant.line), make)


def of_way(group: Group, way: Way) -> Slip:
    """Return the edit that does a statement in another way."""
    make = always(way.action)
    return Slip(group, Fix(group.site, way.text, way.did, way.cost, make), make)


def choices(w: Weigh) -> Iterator[Slip]:
    """Yield the edits that give another mask or other indices: each has to be run."""
    others: dict[int, list[Variant]] = {}
    found = [(v, m) for v, alive, m in zip(w.variants or (), w.alive, w.marks, strict=True) if alive and m != w.mark
             and (w.group.order >= 0 or likely(v.fix))]  # fmt: skip
    for variant, seen in sorted(found, key=lambda item: OF_WINDOWS.search(item[0].text) is None):
        others.setdefault(seen, []).append(variant)
    most = MOST_ALIKE if w.group.order >= 0 else MOST_LENGTHS  # lengths differ between few draws
    few = [variant for alike in others.values() for variant in alike[:most]]
    yield from (Slip.of(w.group, variant) for variant in sorted(few, key=lambda v: v.cost)[:MOST_CHOICES])


def where_defined(study: Study, slip: Slip) -> Slip | None:
    """Return the edit of what a name stands for in place of the name; None if it is read elsewhere too."""
    site, fix = slip.group.site, slip.fix
    match, lacks = INSTEAD.fullmatch(fix.did), LACKS.fullmatch(fix.did)
    name = match[1] if match else _lacking(site.text, fix.text, lacks) if lacks else None
    if name is None or uses_of(site, name) != len(re.findall(rf"\b{name}\b", site.text)):
        return None
    here = (site.path, site.function, name)
    made = [e for e in study.tape.events if (e.place.path, e.place.function, e.place.target) == here]
    counted = [] if made else whole_numbers_of(*here)
    place = next((e.place for e in (*made, *counted)), site)
    taken = unpacked(place)  # out of a cache, which is right: it is used for something else
    if len({e.site for e in (*made, *counted)}) != 1 or taken:
        return None
    group = Group(tuple(counted), (np.zeros(1),)) if counted else group_of(study, made)
    if lacks and made and place.root and place.role == "binary":  # not a copy, or what is read
        whole = f"{operand(place.text)} {'*' if lacks[1] == 'factor' else '/'} {operand(lacks[2])}"
        return Slip.of(group, Variant(whole, fix.did, fix.cost), slip.mends)
    if match and (counted or place.role in ("item", "value")):
        did = f"`{place.text}` where `{match[2]}` belongs"
        return Slip.of(group, Variant(match[2], did, fix.cost), slip.mends)
    return None


def _lacking(text: str, fixed: str | None, lacks: re.Match[str]) -> str | None:
    """Return the one name in a text that lacks what the right text multiplies or divides it by."""
    sign, by = "*" if lacks[1] == "factor" else "/", operand(lacks[2])
    names = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*(?![\w(.\[])", text)) - {text}
    changed = {name: re.sub(rf"\b{name}\b", lambda m: f"{m[0]} {sign} {by}", text, count=1) for name in names}
    return next((n for n, new in changed.items() if fixed is not None and simplified(new) == simplified(fixed)), None)
