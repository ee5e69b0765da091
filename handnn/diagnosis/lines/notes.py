"""A note for every line: which derivative it is, helper, forward, or where it breaks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .blame.search import Search
from .judgement import Blame, LineNote
from .record.sites import Site
from .subject import Array

SHOWN = 6


def notes_of(search: Search, blamed: Sequence[Blame]) -> list[LineNote]:
    """Return a note for each whole expression that was evaluated, in the order of the source."""
    broken = {(b.file, b.line) for b in blamed}
    found: dict[tuple[object, ...], LineNote] = {}
    for group in search.groups:
        site = group.site
        if (site.path, site.line) in broken:
            what = "breaks here"
        elif search.budget.left():
            meant = search.meaning(group)
            what = f"is {meant[0].shown_in_full}" if meant else "helper"
        else:
            what = "not examined"
        key = (str(site.path), site.line, site.column)
        if key not in found or what.startswith("is "):
            found[key] = LineNote(*_place(site), what, numbers(group.values[-1]))
    for event in search.study.forward_events:
        site = event.place
        key = (str(site.path), site.line, site.column)
        if site.root and key not in found:
            found[key] = LineNote(*_place(site), "forward", numbers(search.study.tape.nodes[event.node].array))
    return [found[key] for key in sorted(found, key=lambda k: (k[0], k[1], k[2]))]


def _place(site: Site) -> tuple[Path, int, int, str]:
    return site.path, site.line, site.end_line, " ".join(site.text.split())


def numbers(value: Array) -> str:
    """Return the shape of an array and its first numbers."""
    flat = np.ravel(value)
    shown = " ".join(f"{number:.4g}" for number in flat[:SHOWN]) + (" ..." if flat.size > SHOWN else "")
    return f"{np.shape(value)} {shown}" if np.ndim(value) else shown
