"""One slip: an edit at one site, and what it should make right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..blame.causes import Fix, Make
from ..blame.groups import Group
from ..record.recorder import Action
from .statements import Way, always
from .variants import Rewritten, Variant
from .versions import versions_of
from .weigh import Weigh

MOST_CHOICES, MOST_ALIKE = 160, 5
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


def of_way(group: Group, way: Way) -> Slip:
    """Return the edit that does a statement in another way."""
    make = always(way.action)
    return Slip(group, Fix(group.site, way.text, way.did, way.cost, make), make)


def choices(w: Weigh) -> Iterator[Slip]:
    """Yield the edits that give another mask or other indices: each has to be run."""
    others: dict[int, list[Variant]] = {}
    found = [(v, m) for v, alive, m in zip(w.variants or (), w.alive, w.marks, strict=True) if alive and m != w.mark]
    for variant, seen in sorted(found, key=lambda item: OF_WINDOWS.search(item[0].text) is None):
        others.setdefault(seen, []).append(variant)
    most = MOST_ALIKE if w.group.order >= 0 else 1  # other draws tell masks apart; lengths are the same there
    few = [variant for alike in others.values() for variant in alike[:most]]
    yield from (Slip.of(w.group, variant) for variant in sorted(few, key=lambda v: v.cost)[:MOST_CHOICES])
