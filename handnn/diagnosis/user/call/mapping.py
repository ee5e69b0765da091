"""Find the weights of a program by what they do, and where their gradients are after it ran."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..protocols import Plain
from ..source.words import RATES, bare, is_weight
from .calling import frozen
from .gradients import gradients
from .program import Program
from .subject import Leaf, ProgramSubject, reachable
from .world import Path, World, get, last_name, same_memory, text

LEFT_OUT = {"epsilon", "eps", *RATES}


def mapped(program: Program) -> ProgramSubject:
    """Return the program as a subject: its leaves found by behaviour, its gradients where they appear.

    Raises:
        Whatever the user's code raises: the reading does not fit.
    """
    empty = ProgramSubject(program, (), {})
    after, before = empty.world()
    groups = _groups(empty, after)
    parts: list[Leaf] = []
    for _ in range(2):  # again with the weights that were found moved off zero: behind them others may show
        rest, known = [], len(parts)
        start = ProgramSubject(program, tuple(parts), {})
        probe = Plain()
        base = start.run(probe, backward=False)[0]
        if base is not None and not np.isfinite(base):
            raise ValueError(f"the loss is {base}")
        for places, value, shared in groups:
            name = text(places[0])
            if name in {part.name for part in parts}:  # a global of the name of an argument
                name = f"{places[0][0][1]}.{name}"
            leaf = Leaf(name, places, value, shared)
            if _matters(start, leaf, base, np.shape(_first(probe.result))):
                parts.append(leaf)
            else:
                rest.append((places, value, shared))
        groups = rest
        if len(parts) == known or not rest:
            break
    parts.sort(key=lambda leaf: next(i for i, place in enumerate(before) if place == leaf.places[0]))
    parts = _renamed(parts, program.names)
    subject = ProgramSubject(program, tuple(parts), {}, has_loss=base is not None)
    gradients(subject)
    return subject


def completed(subject: ProgramSubject) -> Iterator[ProgramSubject]:
    """Yield a subject, and then with all arrays that it is given or holds as leaves, used or not."""
    yield subject
    program, known = subject.program, {place for leaf in subject.parts for place in leaf.places}
    after, before = subject.world()
    given = [(places, value, shared) for places, value, shared in _groups(subject, after)
             if isinstance(value, np.ndarray) and places[0][0][1] in ("arguments", "self")
             and places[0][1][1] not in program.inputs and places[0] not in known]  # fmt: skip
    if given:
        parts = [*subject.parts, *(Leaf(text(places[0]), places, value, shared) for places, value, shared in given)]
        order = list(before)
        parts.sort(key=lambda leaf: order.index(leaf.places[0]))
        whole = ProgramSubject(program, tuple(_renamed(parts, program.names)), {}, has_loss=subject.has_loss)
        gradients(whole)
        yield whole


def _groups(subject: ProgramSubject, after: World) -> list[tuple[tuple[Path, ...], Any, bool]]:
    """Return what could be a leaf: places that hold one memory, its value, and whether views share it.

    Args:
        after: the world after a run. A number that it moves may be a weight, whatever its name.
    """
    with frozen(subject.program.module):
        fresh = subject.program.build()
    found: list[tuple[list[Path], Any, bool]] = []
    for place, value in reachable(fresh):
        if place[0][1] == "arguments" and str(place[1][1]) in subject.program.passive:
            continue
        if place[0][1] == "self" and "mask" in bare(last_name(place)) and np.all((value == 0) | (value == 1)):
            continue  # it chooses: no derivative is taken by it
        if subject.kind == "loss" and bare(last_name(place)) in ("loss", "cost", "error", "value"):
            continue  # where it keeps its result
        if not isinstance(value, np.ndarray):
            given = place[0][1] == "arguments" and place[-1][1] in subject.program.weights
            named = (given or is_weight(last_name(place))) and bare(last_name(place)) not in LEFT_OUT
            plain = len(place) == 2 and place[-1][1] in subject.program.plain
            changed = place[0][1] == "module" and get(after, place) != value
            moved = isinstance(value, float) and (plain or changed)
            if (
                named
                or moved
                or (place[-1][0] == "." and place[-1][1] != "grad" and hasattr(get(fresh, place[:-1]), "grad"))
            ):
                found.append(([place], value, False))
            continue
        for position, (places, other, shared) in enumerate(found):
            if isinstance(other, np.ndarray) and same_memory(value, other):
                places.append(place)
                found[position] = (places, other, shared or value is not other)
                break
            if isinstance(other, np.ndarray) and np.may_share_memory(value, other):
                if value.size > other.size:
                    found[position] = ([place], value, True)
                else:
                    found[position] = (places, other, True)
                break
        else:
            found.append(([place], value, False))
    return [(tuple(sorted(places, key=len)), value, shared) for places, value, shared in found]


def _short(places: tuple[Path, ...], names: dict[Path, str]) -> str:
    """Return a user's own word for a leaf; the whole place if it is an item of a list."""
    for place in places:
        if place in names:
            return names[place]
        parts = [key for _, key in place]
        while len(parts) > 2 and parts[-1] in ("value", "data", "val", "array", "values"):
            parts.pop()
        if isinstance(parts[-1], str):
            return parts[-1]
    return text(places[0])


def _renamed(parts: list[Leaf], names: dict[Path, str]) -> list[Leaf]:
    """Return the leaves under short names where these are different, else under their places."""
    short = [_short(leaf.places, names) for leaf in parts]
    return [
        leaf._replace(name=name if short.count(name) == 1 else text(leaf.places[0]))
        for leaf, name in zip(parts, short, strict=True)
    ]


def _matters(start: ProgramSubject, leaf: Leaf, base: Any, shape: tuple[int, ...]) -> bool:
    """Return whether a change of the leaf changes the loss or the output."""
    rng = np.random.default_rng(5)
    value = np.asarray(leaf.value, "float64")
    for scale in (0.1, 0.01):
        changed = value * (1 + scale * rng.random(value.shape)) + scale * rng.random(value.shape)
        given = changed if isinstance(leaf.value, np.ndarray) else float(changed)
        values: dict[str, Any] = {**start.values, leaf.name: given}
        subject = ProgramSubject(start.program, (*start.parts, leaf), {}, values=values)
        probe = Plain()
        try:
            loss = subject.run(probe, backward=False)[0]
        except Exception:
            continue
        if np.shape(_first(probe.result)) != shape:
            return False
        if loss is None or base is None:
            return loss is not base
        return not np.isclose(loss, base, rtol=1e-10, atol=1e-13)
    return False


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and value else value
