"""A note for every line: which derivative it is, helper, forward, or where it breaks."""

from collections.abc import Sequence

from .blame import Search
from .judgement import Blame, LineNote


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
            found[key] = LineNote(site.path, site.line, site.end_line, " ".join(site.text.split()), what)
    for event in search.study.forward_events:
        site = event.place
        key = (str(site.path), site.line, site.column)
        if site.root and key not in found:
            found[key] = LineNote(site.path, site.line, site.end_line, " ".join(site.text.split()), "forward")
    return [found[key] for key in sorted(found, key=lambda k: (k[0], k[1], k[2]))]
