"""Find where the derivatives by a program's leaves are after it ran."""

import ast
import inspect
import re
from typing import Any, NamedTuple

import numpy as np

from ..protocols import Plain
from ..source.syntax import moved_by, moves_own, nodes_of, source_of
from ..source.words import CACHE, GRADIENTS, INPUTS, LABELS, PREDICTED, STATE, bare, gradient_names, is_weight
from .program import Program
from .subject import Leaf, ProgramSubject, Source, Unchecked
from .visits import after_the_step, moved_as, visited
from .world import Path, World, get, index_of, key_of, last_name, text, walk

EXACT, PLACED, MOVED = 100, 80, 50
MODULE: Path = (("[", "module"),)


class Candidate(NamedTuple):
    """A place that may hold a gradient."""

    place: Path
    value: Any
    linear: bool
    returned: bool


def gradients(subject: ProgramSubject) -> None:
    """Find where the derivatives by the leaves are, and say which have none."""
    world, before = subject.world()
    doubled = subject.world(2.0)[0] if subject.program.loss is None else None
    candidates = [] if subject.program.by_steps else list(candidates_in(subject, world, before, doubled))
    steps = {leaf.name for leaf in subject.parts if _stepped(subject, leaf, world)}
    subject.stepped = frozenset(steps)
    rules = {leaf.name for leaf in subject.parts if moved_as(leaf, subject.program.moved_by)}
    moved = {leaf.name: after_the_step(subject, leaf) for leaf in subject.parts if leaf.name in rules}
    pairs = sorted(
        ((score, leaf.name, number) for leaf in subject.parts for number, candidate in enumerate(candidates)
         if (score := _score(subject, leaf, candidate, world)) > 0),
        key=lambda pair: (candidates[pair[2]].place == moved.get(pair[1]), -pair[0]),
    )  # fmt: skip
    data = {leaf.name for leaf in subject.parts if _is_input(subject, leaf) and subject.program.loss is not None}
    used: set[int] = set()
    origins = _plain(subject, steps)
    for score, name, number in pairs:
        if name in origins or number in used:
            continue
        if score < PLACED and name in data:  # a state that is handed on
            continue
        if name in steps and rules and name not in rules and candidates[number].place[0][1] == "locals":
            continue
        if name in steps and (score < EXACT - 5 or not np.any(candidates[number].value)):  # or cleared after its step
            continue
        used.add(number)
        origins[name] = Source(candidates[number].place)
    lost = [leaf for leaf in subject.parts if leaf.name in steps - set(origins)]
    origins |= visited(subject, [leaf for leaf in lost if leaf.name in rules], origins)
    rooted = {name for name, parts in subject.program.moved_by.items() if any("sqrt" in part for part in parts)}
    for leaf in lost:
        if leaf.name not in origins and moved_as(leaf, rooted) == "":
            origins[leaf.name] = Source(None, subject.program.rate or 1.0)
    anew = {candidate.place for candidate in candidates if candidate.linear and doubled is not None}
    _grown(subject, origins, {place: start for place, start in before.items() if place not in anew})
    arrays = {  # without a gradient only they count: a number of an object may be a constant
        leaf.name for leaf in subject.parts if isinstance(leaf.value, np.ndarray) or leaf.places[0][0][1] == "arguments"
    }
    subject.parts = tuple(leaf for leaf in subject.parts if leaf.name in origins or leaf.name in arrays)
    subject.origins = {leaf.name: origins[leaf.name] for leaf in subject.parts if leaf.name in origins}
    subject.unchecked = _unchecked(subject, [c for i, c in enumerate(candidates) if i not in used])
    for name in _moved_for_nothing(subject, world, before):
        subject.unchecked.append(Unchecked(name, "it is moved; on the data that was tried nothing depends on it"))


def _plain(subject: ProgramSubject, steps: set[str]) -> dict[str, Source]:
    """Return the sources of weights of which the steps are judged, whatever else says that it is their gradient."""
    rate, returned = subject.program.rate or 1.0, subject.program.returned
    found = {}
    for leaf in subject.parts:
        (_, root), (_, name), *inner = leaf.places[0]
        if root not in ("arguments", "self") or inner or name not in subject.program.plain:
            continue
        if leaf.name in steps:
            found[leaf.name] = Source(None, rate)
        elif name in returned:
            place = (("[", "forward"), ("[", returned.index(name)))
            found[leaf.name] = Source(place if returned[1:] else place[:1], rate, updated=True)
    return found


def _stepped(subject: ProgramSubject, leaf: Leaf, world: World) -> bool:
    """Return whether the program itself changed the leaf."""
    if leaf.places[0][0][1] == "arguments" and len(leaf.places[0]) == 2 and bare(leaf.name) in ("x", "inputs", "input"):
        return False
    try:
        after = np.asarray(get(world, leaf.places[0]), "float64")
    except (KeyError, AttributeError, TypeError, ValueError):
        return False
    return after.shape == np.shape(subject.values[leaf.name]) and not np.array_equal(after, subject.values[leaf.name])


def _moved_for_nothing(subject: ProgramSubject, world: World, before: dict[Path, Any]) -> list[str]:
    """Return the arrays that a network was given, or weights of its module, that it changed and no loss depends on."""
    known = {leaf.places[0][1][1] for leaf in subject.parts if leaf.places[0][0][1] == "arguments"}
    slots = set().union(*subject.program.moved_by.values())
    names = set(world["arguments"]) - known - subject.program.inputs if subject.kind == "network" else set()
    places: dict[str, Path] = {name: (("[", "arguments"), ("[", name)) for name in sorted(names)}
    if subject.stepped and subject.kind == "network":
        leaves = {place for leaf in subject.parts for place in leaf.places}
        held = {name: (*MODULE, ("[", name)) for name in world["data"] if is_weight(name)}
        places |= {name: place for name, place in held.items() if place not in leaves}
    nodes = nodes_of(getattr(subject.program.module, subject.program.name, None))
    told = {n for node in nodes if isinstance(node, ast.Global) for n in node.names}
    return [
        n for n, place in places.items()
        if place in before and n not in slots and (n in told or not np.array_equal(before[place], get(world, place)))
    ]  # fmt: skip


def candidates_in(subject: ProgramSubject, world: World, before: dict[Path, Any], doubled: World | None) -> Any:
    """Yield what the run returned or changed, with whether it is linear in the cotangent."""
    loss = subject.run(Plain(), backward=False)[0]
    leaf_places = {place for leaf in subject.parts for place in leaf.places}
    leaf_arrays = [a for place in leaf_places if isinstance(a := found_at(world, place), np.ndarray)]
    returned = "backward" if subject.program.backward else "forward"
    roots = [(returned, True), ("self", False), ("arguments", False), ("module", False), ("locals", False)]
    lost = False
    for root, is_returned in roots:
        if root == "module":
            found = [item for name in world["data"]
                     for item in walk(world["module"].get(name), (*MODULE, ("[", name)), scalars=True)]  # fmt: skip
        else:
            found = list(walk(world.get(root), (("[", root),), scalars=True))
            found += _nested(world.get(root), (("[", root),)) if is_returned else []
        for place, value in found:
            if place in leaf_places or (root == "forward" and _is_no_gradient(place, subject.program)):
                continue
            if isinstance(value, np.ndarray) and any(value is other for other in leaf_arrays):
                continue
            if is_returned and not lost and loss is not None and np.size(value) == 1 and np.squeeze(value) == loss:
                lost = True  # a derivative after it may be as large
                continue
            if not is_returned and place in before and np.array_equal(before[place], value):
                continue
            if not is_returned and any(key in subject.program.slots for _, key in place[1:]):
                continue
            twice = found_at(doubled, place) if doubled is not None else None
            linear = twice is not None and np.shape(twice) == np.shape(value) and bool(
                np.allclose(twice, 2 * np.asarray(value), rtol=1e-6, atol=1e-10) and np.any(value)
            )  # fmt: skip
            yield Candidate(place, value, linear or doubled is None, is_returned)


def _is_no_gradient(place: Path, program: Program) -> bool:
    """Return whether a place is in what is returned as an output, a cache or the next state, by its name."""
    part = place[1][1] if len(place) > 1 else None
    name = program.returned[part] if isinstance(part, int) and part < len(program.returned) > 1 else ""
    state = name in program.arguments and STATE.fullmatch(bare(name)) is not None and not is_weight(name)
    return state or bare(name) in {*CACHE, *PREDICTED}


def _nested(value: Any, place: Path) -> list[tuple[Path, Any]]:
    """Return the lists of numbers in what was returned, as arrays: gradients of engines that know numbers only."""
    if not isinstance(value, list | tuple):
        return []
    if isinstance(value, list) and value and all(isinstance(part, list | float) for part in value):
        try:
            array = np.asarray(value, "float64")
        except (TypeError, ValueError):
            array = np.zeros(0)
        if array.size:
            return [(place, array)]
    return [item for i, part in enumerate(value) for item in _nested(part, (*place, ("[", i)))]


def found_at(world: World | None, place: Path) -> Any:
    try:
        return get(world or {}, place)
    except (KeyError, AttributeError, IndexError, TypeError):
        return None


def _score(subject: ProgramSubject, leaf: Leaf, candidate: Candidate, world: World) -> float:
    """Return how well a place fits as the gradient of a leaf; 0 if not at all."""
    shape, other = np.shape(leaf.value), np.shape(candidate.value)
    same = 40 if shape == other else 20 if np.size(leaf.value) == np.size(candidate.value) else 0
    data = (subject.kind == "network" or not candidate.returned) and _is_input(subject, leaf)
    named = _named(leaf, candidate.place, subject.program.returned, data) or _keyed(leaf, candidate.place, world)
    if named == EXACT - 5 and not same:  # the delta of a neuron, a number, is no derivative by its weights
        named = 0
    named = named or _moves(subject, leaf, candidate)
    placed = 0 if named else _placed(subject, leaf, candidate, world)
    in_locals = candidate.place[0][1] == "locals"
    if not np.ndim(candidate.value) and not isinstance(candidate.value, np.ndarray) and np.size(leaf.value) != 1:
        same, placed = 0, placed if placed >= 60 else 0
    if not (named or placed or same == 40) or (in_locals and not named):
        return 0
    kept = leaf.places[0][0][1] != "arguments" and STATE.fullmatch(bare(last_name(leaf.places[0])))
    if not named and (kept or data):
        return 0
    if not named and not placed and (not candidate.linear or not _like_gradient(candidate)):
        return 0
    common = sum(1 for one, two in zip(leaf.places[0][1:], candidate.place[1:], strict=False) if one == two)
    return (
        named + placed + same + 6 * common + 8 * candidate.returned + 10 * candidate.linear - 20 * in_locals
        - 0.1 * len(candidate.place)
    )  # fmt: skip


def _moves(subject: ProgramSubject, leaf: Leaf, candidate: Candidate) -> int:
    """Return MOVED if the source moves the leaf by what is at a place of the same object; more if a rule is between."""
    place, own = candidate.place, leaf.places[0]
    rules, holder = subject.program.moved_by, moved_as(leaf, subject.program.moved_by)
    if place[0][1] == "locals" and place[1][1] in rules.get(holder, ()) and place[1][1] not in rules:
        alone = [name for name, made in rules.items() if place[1][1] in made] == [holder]
        same = place[2:] == own[[key for _, key in own].index(holder) + 1 :]
        return EXACT if alone and same and np.shape(leaf.value) == np.shape(candidate.value) else 0
    if (place[:-1], place[-1][0]) != (own[:-1], "."):
        return 0
    by = (moved_by(path).get(last_name(own), ()) for path in subject.program.sources)
    return MOVED if any(place[-1][1] in names for names in by) else 0


def _like_gradient(candidate: Candidate) -> bool:
    """Return whether a place that fits by its shape alone may be a gradient."""
    words = [bare(str(key)) for _, key in candidate.place[1:] if isinstance(key, str)]
    return candidate.returned or any(word.startswith(("d", "g", "nabla")) or "grad" in word for word in words)


def _named(leaf: Leaf, place: Path, returned: tuple[str, ...], data: bool = False) -> int:
    """Return EXACT if the name of a place says that it is the gradient of the leaf; more if it is its very name.

    Of `data`, a state that is returned under its own name is the next one.
    """
    own, key = leaf.name, last_name(place)
    if len(place) == 2 and key in ("backward", "forward") and isinstance(place[1][1], int):
        key = returned[place[1][1]] if place[1][1] < len(returned) else key
        place = place[:1]
        if key in (own, last_name(leaf.places[0])):  # what a step made of it
            return 0 if data else EXACT - 10
    elif (inner := _returned_as(place, returned)) != "?":
        key, place = inner, place[:1]
    names = {own} | {last_name(p) for p in leaf.places} if "[" not in own else {last_name(p) for p in leaf.places}
    holders = [bare(str(k)) for _, k in place[:-1] if isinstance(k, str)]
    indices = [k for _, k in place if isinstance(k, int)]
    own_indices = [k for _, k in leaf.places[0] if isinstance(k, int)]
    tail = index_of(place)
    held = holders[:1] in (["backward"], ["forward"]) or any(h in GRADIENTS or "grad" in h for h in holders)
    for name in names:
        if bare(key) == bare(name) and held:  # dW beside W is surer: W is what the step made of it
            return EXACT + (key == name) if tail is None or indices[-1:] == own_indices[-1:] else 0
        if any(bare(key) == form for form in gradient_names(name)):
            if tail is not None and indices[-1:] != own_indices[-1:]:  # dW[1] belongs to W[1]
                continue
            return EXACT + 2 * (bare(name) in bare(key))
    same_holder = place[-1][0] == "." and any(p[:-1] == place[:-1] for p in leaf.places)
    if same_holder and bare(key) in ("grad", "gradient", "d", "delta", "diff", "g", "grads", "dw"):
        return EXACT - 5 if last_name(leaf.places[0]) in ("value", "data", "val", "array", "w", "values") else 0
    return 0


def _keyed(leaf: Leaf, place: Path, world: World) -> int:
    """Return EXACT if a place is that of a mapping whose key is the object, or the array, that is the weight."""
    key = key_of(world, place)
    return EXACT if key is not None and any(found_at(world, own[:-1]) is key for own in leaf.places) else 0


def _returned_as(place: Path, returned: tuple[str, ...]) -> str:
    """Return the name of a part of what is returned, also within a tuple or list; '?' if it has none."""
    keys = [key for _, key in place[1:] if isinstance(key, int)]
    if (
        place[0][1] not in ("backward", "forward")
        or not 0 < len(keys) == len(place) - 1 < 3
        or keys[0] >= len(returned)
    ):
        return "?"
    inner = returned[keys[0]].split(", ")
    if len(keys) == 1:
        return returned[keys[0]] if len(inner) == 1 else "?"
    return inner[keys[1]] if 1 < len(inner) > keys[1] else "?"


def _placed(subject: ProgramSubject, leaf: Leaf, candidate: Candidate, world: World) -> int:
    """Return how far the position of a place says that it is the gradient of the leaf."""
    place, shapes = candidate.place, np.shape(leaf.value) == np.shape(candidate.value)
    first = next((part for part in subject.parts if part.places[0][0][1] == "arguments"), None)
    data = leaf is first and len(leaf.places[0]) == 2
    if data and candidate.returned and subject.program.backward and not _of_weights(subject, candidate):
        depth = len(place)
        return 80 if depth == 1 else 70 if depth == 2 and place[1][1] == 0 else 0
    index = index_of(place)
    if index is None or (not candidate.returned and not _like_gradient(candidate)):
        return 0
    count = len(found_at(world, place[:-1]) or ())
    for own in leaf.places:
        if index_of(own) == index and len(found_at(world, own[:-1]) or ()) == count:
            return 60 if shapes else 25
    arguments = [part for part in subject.parts if len(part.places[0]) == 2 and part.places[0][0][1] == "arguments"]
    loss = int(
        candidate.returned and count == len(arguments) + 1 and np.size(found_at(world, (*place[:-1], ("[", 0)))) == 1
    )
    if candidate.returned and len(place) == 2 and count == len(arguments) + loss and leaf in arguments:
        return (60 if shapes else 25) if arguments.index(leaf) == index - loss else 0
    return 0


def _of_weights(subject: ProgramSubject, candidate: Candidate) -> bool:
    """Return whether what a layer returns, alone, has the shape of its stepped weights and not that of its input."""
    shape = np.shape(candidate.value)
    inputs = [leaf for leaf in subject.parts if leaf.places[0][0][1] == "arguments"]
    stepped = [leaf for leaf in subject.parts if leaf.name in subject.stepped and leaf not in inputs]
    alone = candidate.returned and len(candidate.place) == 1 and len(shape) > 1
    return (
        alone
        and all(np.shape(one.value) != shape for one in inputs)
        and any(np.shape(leaf.value) == shape for leaf in stepped)
    )


def _grown(subject: ProgramSubject, origins: dict[str, Source], before: dict[Path, Any]) -> None:
    """Mark gradients that were there before the run, and not zero: only what was added to them counts."""
    for name, source in origins.items():
        start = before.get(source.place) if source.place else None
        if start is not None and np.any(start) and np.shape(start) == np.shape(subject.values[name]):
            origins[name] = source._replace(grown=True)


def _unchecked(subject: ProgramSubject, rest: list[Candidate]) -> list[Unchecked]:
    """Say which weights have no gradient, and which returned gradients belong to nothing."""
    found = []
    rest_returned = any(candidate.returned and not _of_weights(subject, candidate) for candidate in rest)
    parts = {last_name(leaf.places[0]) for leaf in subject.parts}
    held = {*subject.program.data.kept, *subject.program.arguments} - parts if subject.program.data else set()
    roots = {leaf.places[0][0][1] for leaf in subject.parts if leaf.name in subject.origins}
    for leaf in subject.parts:
        data = "module" if subject.kind != "loss" else "self"  # what is kept beside arguments that are derived by
        if roots == {"arguments"} and leaf.places[0][0][1] == data:
            continue
        own = last_name(leaf.places[0])
        is_input = _is_input(subject, leaf) or (not rest_returned and own == "x")
        state = STATE.fullmatch(bare(own)) and own not in ("W", "b") and leaf.name != "x"
        if leaf.name in subject.origins or is_input or state or _kept_as_given(subject, leaf):
            continue
        found.append(Unchecked(leaf.name, "no gradient of it was found after the backward pass"))
    given = {leaf.name for leaf in subject.parts if leaf.places[0][0][1] == "arguments"}
    loose = subject.kind == "layer" and given and not given & set(subject.origins)
    arrays = [c for c in rest if isinstance(c.value, np.ndarray) and not _of_weights(subject, c)]
    returned = subject.world()[0].get("backward") if loose else None
    empty = isinstance(returned, np.ndarray) and not returned.size
    if empty or (loose and any(c.returned and c.linear for c in arrays)):
        found.append(Unchecked(min(given), "what is returned is no gradient in its form"))
    for candidate in rest:
        key = candidate.place[-1][1]
        named = candidate.returned and isinstance(key, str) and len(candidate.place) > 1
        if named and re.match(r"(?!da|dz|dx|delta)(d|grad)", bare(key)):
            found.append(Unchecked(text(candidate.place), "no weight was found that it could be the gradient of"))
        own = bare(_returned_as(candidate.place, subject.program.returned)) if candidate.returned else "?"
        of = next((n for n in held if own in gradient_names(n)), None) if subject.kind in ("network", "layer") else None
        if of is not None:
            found.append(
                Unchecked(of, "a gradient of it is returned; on the data that was tried nothing depends on it")
            )
    return found


def _kept_as_given(subject: ProgramSubject, leaf: Leaf) -> bool:
    """Return whether an object keeps an array as its constructor was given it, and moves others: it is data."""
    (_, root), (_, own), *inner = leaf.places[0]
    if root != "self" or inner or subject.kind != "network" or is_weight(str(own)):
        return False
    cls = type(subject.world()[0]["self"])
    moved = set().union(*(moves_own(v) for v in vars(cls).values() if inspect.isfunction(v)))
    given = re.search(rf"self\.{own} = (np\.\w+\()?{own}\b", source_of(cls.__init__))
    return own not in moved and bool(moved) and given is not None


def _is_input(subject: ProgramSubject, leaf: Leaf) -> bool:
    """Return whether a leaf is data of which no derivative is expected."""
    place, name = leaf.places[0], last_name(leaf.places[0])
    kept = subject.kind == "network" and bare(name) in (*INPUTS, *LABELS) and not is_weight(name)
    return str(place[1][1]) in subject.program.inputs if place[0][1] == "arguments" else kept
