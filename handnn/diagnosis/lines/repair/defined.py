"""An edit of a name, moved to the line that defines it, if the name is used there alone: that line is to blame."""

import re

import numpy as np

from ..blame.causes import Fix
from ..blame.groups import Group, group_of
from ..derive.study import Study
from ..record.sites import Site, unpacked
from .expression import operand, simplified
from .integers import whole_numbers_of
from .variants import Variant
from .versions import uses_of

INSTEAD = re.compile(r"`(\w+)` where `(.+)` belongs")
LACKS = re.compile(r"the (factor|division by) `(.+)` missing")


def where_defined(study: Study, site: Site, fix: Fix) -> tuple[Group, Variant] | None:
    """Return the edit of what a name stands for in place of the name; None if it is read elsewhere too."""
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
    if lacks and made and place.root and not place.mutates:
        whole = f"{operand(place.text)} {'*' if lacks[1] == 'factor' else '/'} {operand(lacks[2])}"
        return group, Variant(whole, fix.did, fix.cost)
    if match and (counted or place.role in ("item", "value")):
        return group, Variant(match[2], f"`{place.text}` where `{match[2]}` belongs", fix.cost)
    return None


def _lacking(text: str, fixed: str | None, lacks: re.Match[str]) -> str | None:
    """Return the one name in a text that lacks what the right text multiplies or divides it by."""
    sign, by = "*" if lacks[1] == "factor" else "/", operand(lacks[2])
    names = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*(?![\w(.\[])", text)) - {text}
    changed = {name: re.sub(rf"\b{name}\b", lambda m: f"{m[0]} {sign} {by}", text, count=1) for name in names}
    return next((n for n, new in changed.items() if fixed is not None and simplified(new) == simplified(fixed)), None)
