"""Gradients that a loop has one after the other in one variable: `dW` of each layer, before its step."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ...lines.record.recorder import RECORDER
from ...lines.record.recording import Recording
from .subject import Leaf, ProgramSubject, Source
from .world import Path, get, plain


def visited(subject: ProgramSubject, lost: Sequence[Leaf], known: Mapping[str, Source]) -> dict[str, Source]:
    """Return where the gradients of weights are that are among the earlier values of a variable.

    Args:
        lost: the weights, moved by rules. known: where those of others are, of which the last has it still.
    """
    names: dict[str, set[str]] = {}
    rules = subject.program.moved_by
    for leaf in subject.parts:
        place = known[leaf.name].place if leaf.name in known else None
        if place is not None and place[0][1] == "locals" and len(place) == 2:
            names.setdefault(moved_as(leaf, rules), set()).add(str(place[1][1]))
    lost = [leaf for leaf in lost if moved_as(leaf, rules) in names]
    if not lost:
        return {}
    mode = Recording()
    with RECORDER.using(mode):
        world = subject.world()[0]
    tape, found = mode.tape, dict[str, Source]()
    for leaf in lost:
        end, size = tape.find(plain(get(world, leaf.places[0]))), np.size(leaf.value)
        nodes = tape.ancestors(end) if end is not None else set()
        fitting = [e for e in tape.events if e.place.target in names[moved_as(leaf, rules)] and e.node in nodes]
        last = next((e for e in reversed(fitting) if np.size(tape.nodes[e.node].value) == size), None)
        if last is not None and subject.program.caught.setdefault(str(last.place.target), last.site) == last.site:
            from_end = last.occurrence - sum(e.site == last.site for e in tape.events)
            found[leaf.name] = Source((("[", "visits"), ("[", str(last.place.target)), ("[", from_end)))
    return found


def after_the_step(subject: ProgramSubject, leaf: Leaf) -> Path:
    """Return where the new value of a leaf is: in its own place, or in what is returned under its name."""
    names = subject.program.returned
    if leaf.name in subject.stepped or leaf.name not in names:
        return leaf.places[0]
    return (("[", "forward"), ("[", names.index(leaf.name)))[: len(names)]


def moved_as(leaf: Leaf, rules: Collection[str]) -> str:
    """Return the name by which rules move a leaf: its own, or that of what has it; '' if there is none."""
    names = (str(key) for _, key in reversed(leaf.places[0][1:]))
    return next((name for name in names if name in rules), "")
