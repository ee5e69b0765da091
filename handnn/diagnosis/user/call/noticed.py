"""What a program does besides computing: changes of its arguments, single precision, random numbers, printing."""

import ast
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..source.syntax import moves, nodes_of
from .calling import frozen
from .program import arrays_in
from .subject import ProgramSubject, agreement
from .world import get, last_name

TINY = 1e-6
DRAWS = "it draws random numbers; they are the same in every run"
CLIPPED = re.compile(
    r"\.clip\((.+?),\s*-(.+?),\s*\2,\s*(?:out=)?\1\)|(\w*grad\w*) = [\w.]*clip\w*\(\3"
    r"|^\s*[\w.]*(clip\w*grad|grad\w*clip)\w*\(",
    re.MULTILINE,
)


def noticed(subject: ProgramSubject) -> list[str]:
    """Return remarks on a subject, and set its `dtype` to float32 if it computes in single precision."""
    remarks = []
    world, _ = subject.world()
    stepped = {name for name, source in subject.origins.items() if source.place is None}
    for leaf in subject.parts:
        after = _array(world, leaf.places[0])
        if leaf.name not in stepped and after is not None and not np.array_equal(after, subject.values[leaf.name]):
            remarks.append(f"{leaf.name} is changed in place; it is judged on copies")
    for given, kept in zip(world["upstream"], subject.cotangents, strict=True):
        if not np.array_equal(given, kept):
            remarks.append("the gradient from above is changed in place; it is judged on copies")
    results = [*arrays_in(world.get("output")), *(_array(world, s.place) for s in subject.origins.values() if s.place)]
    if any(getattr(result, "dtype", None) == np.float32 for result in results):
        subject.dtype = "float32"
        remarks.append("results are float32")
    with frozen(subject.program.module):
        before = _drawn()
        fresh = subject.program.build()
        subject.program.go_forward(fresh)
        drew = _drawn() != before
    if drew:
        remarks.append(DRAWS)
    if any(CLIPPED.search(path.read_text("utf-8", "replace")) for path in subject.sources):
        remarks.append("arrays are clipped in place; they are judged before that")
    return [*remarks, *prints(subject)]


def prints(subject: ProgramSubject) -> list[str]:
    """Return a remark on a subject that prints."""
    with frozen(subject.program.module) as printed:
        subject.program.go_forward(subject.program.build())
    said = " ".join(printed.getvalue().split())
    return [f"it prints; this is kept apart: {said[:60]}"] if said else []


def of_moved_weights(subject: ProgramSubject, wrong: Collection[str]) -> bool:
    """Return whether wrong steps are right if they are small: each is computed from weights that others have moved."""
    if not wrong or not all(subject.origins[n].place is None or subject.origins[n].updated for n in wrong):
        return False
    if set(wrong) & agreement(subject)[0]:  # it is wrong on other data
        return False
    origins = {n: source._replace(rate=TINY * source.rate) for n, source in subject.origins.items()}
    small = replace(subject, program=subject.program.with_rate(TINY), origins=origins)
    try:
        return set(wrong) <= agreement(small)[0]
    except Exception:  # a user's code may raise anything
        return False


def moving(subject: ProgramSubject, names: Collection[str]) -> list[tuple[Path, int, int, str]]:
    """Return the statements of a program's last step that move some of its weights: file, lines and code."""
    call, world = [*subject.program.forward, *subject.program.backward][-1], subject.world()[0]
    nodes = nodes_of(call.function(world))
    wanted = {last_name(leaf.places[0]) for leaf in subject.parts if leaf.name in names}
    steps = [node for node in nodes if isinstance(node, ast.Assign | ast.AugAssign) and any(moves([node]))]
    targets = ((node, [part for target, *_ in moves([node]) for part in ast.walk(target)]) for node in steps)
    own = [n for n, parts in targets if wanted & {getattr(p, "id", getattr(p, "attr", "")) for p in parts}]
    return [(subject.sources[0], node.lineno, node.end_lineno or node.lineno, ast.unparse(node)) for node in own]


def _drawn() -> Any:
    """Return how many numbers the global generator has drawn."""
    state: Any = np.random.get_state()  # noqa: NPY002
    return state[2]


def _array(world: Any, place: Any) -> Any:
    try:
        return get(world, place)
    except (KeyError, AttributeError, IndexError, TypeError):
        return None
