"""Gradients that a loop has one after the other in one variable: `dW` of each layer, before its step."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...lines.record.recorder import RECORDER
from ...lines.record.recording import Recording
from .subject import Leaf, ProgramSubject, Source
from .world import get, last_name, plain


def visited(subject: ProgramSubject, lost: Sequence[Leaf], known: Mapping[str, Source]) -> dict[str, Source]:
    """Return where the gradients of weights are that are among the earlier values of a variable.

    Args:
        lost: the weights, moved by rules. known: where those of others are, of which the last has it still.
    """
    names: dict[str, set[str]] = {}
    for leaf in subject.parts:
        place = known[leaf.name].place if leaf.name in known else None
        if place is not None and place[0][1] == "locals" and len(place) == 2:
            names.setdefault(moved_as(leaf), set()).add(str(place[1][1]))
    lost = [leaf for leaf in lost if moved_as(leaf) in names]
    if not lost:
        return {}
    mode = Recording()
    with RECORDER.using(mode):
        world = subject.world()[0]
    tape, found = mode.tape, dict[str, Source]()
    for leaf in lost:
        end, size = tape.find(plain(get(world, leaf.places[0]))), np.size(leaf.value)
        nodes = tape.ancestors(end) if end is not None else set()
        fitting = [e for e in tape.events if e.place.target in names[moved_as(leaf)] and e.node in nodes]
        last = next((e for e in reversed(fitting) if np.size(tape.nodes[e.node].value) == size), None)
        if last is not None and subject.program.caught.setdefault(str(last.place.target), last.site) == last.site:
            from_end = last.occurrence - sum(e.site == last.site for e in tape.events)
            found[leaf.name] = Source((("[", "visits"), ("[", str(last.place.target)), ("[", from_end)))
    return found


def moved_as(leaf: Leaf) -> str:
    """Return the name that a leaf is moved by: of an item of a list or dict that of the list or dict."""
    place = leaf.places[0]
    return str(place[1][1] if place[0][1] in ("arguments", "module") or len(place) < 3 else last_name(place))
