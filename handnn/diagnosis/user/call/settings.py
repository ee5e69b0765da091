"""The same program with other settings, more layers and more places: a wrong stride does not show where it is 1.

Windows at one place, a stride of 1, no padding, a slope of 1, two layers: each hides mistakes. So what is right as it
was read is tried with another value of such arguments, on larger inputs. A layer is right with a setting if it is on
one size: it need not take every size.
"""

import contextlib
import inspect
import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...lines.deadline import SlowError, deadline
from ..protocols import Plain
from ..source.arguments import words
from ..source.syntax import source_of
from ..source.words import TRAINING, bare
from .branches import branches
from .calling import described, frozen
from .gradients import found_at
from .noticed import DRAWS
from .penalties import adds_to_gradients, penalties_of
from .program import Program, constant
from .search import NotRunningError, best, misfit
from .subject import ProgramSubject, Unchecked, agreement

VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"stride", (2, 1)), (r"pad", (1, 0)), (r"dilat|groups?$|^g$", (2,)),
    (r"alpha|slope|leak|temperature|scale$", (0.3,)), (r"beta$|delta$|gamma$", (0.7,)),
    (r"^dropout$|keep_?prob", (0.6,)),
)  # fmt: skip
"""Arguments by name, each with values of which the first that it does not have is tried."""
PLAIN = (0, 1)
"""Values of a slope or scale at which mistakes do not show."""
PENALTY_RATE = 0.1
PENALTY = re.compile(r"_?(l1|l2|reg\w*|lam|lamb\w*|lmbda|weight_?decay|penalty)_?", re.IGNORECASE)
"""A penalty of 0 hides what is wrong of it, where the loss tells of it."""
OF_LAYERS = re.compile(r"(^|_)(l1|l2|reg\w*|lambda\w*|lamb?d?|weight_?decay|penalty)(_|$)", re.IGNORECASE)
"""The same of a layer that adds a penalty to its own gradients."""
OF_NETWORKS = re.compile("act|nonlin|transfer|norm|dropout|keep_?prob", re.IGNORECASE)
"""Settings by which a network chooses what is between its layers."""
SIDE = re.compile(r"(in(put)?|im(age)?|img)_?(size|height|width|h|w)$|^(height|width|h|w)$", re.IGNORECASE)
SIDES = ((9, 7), (8, 6), (9, 9), (8, 8))
NO_SQUARES = SIDES[:2]
"""Sizes of images. Layers with windows need not take all; others take any, which those that are no squares show."""
LEFT_TO_THE_LOSS = re.compile("last|final|output|logits|fused|loss", re.IGNORECASE)
"""Flags of a layer that a loss derives: it is no derivative by itself then."""
IMAGES = 4
OTHER_DRAWS = 8
"""So often random numbers are drawn anew: of one number of two values one half of the draws are alike."""
SECONDS = 3.0


def elsewhere(
    found: ProgramSubject, is_right: Callable[[ProgramSubject], bool] | None = None, seconds: float = SECONDS
) -> ProgramSubject | None:
    """Return the program with a setting, or a size, at which no derivative that it claims can be trusted.

    None if there is none. What was tried, and what could not be, is added to the notes of `found`.

    Args:
        is_right: what it is held to; by default all that it claims must be right.
    """
    right = is_right or (lambda other: agreement(other)[0] >= set(other.claimed))
    for like in _alike(found):
        if like is not None and not right(like):
            return like
    tried: list[str] = []
    for said, others in itertools.chain(((said, [other]) for said, other in branches(found)), _penalized(found)):
        with contextlib.suppress(Exception):  # a user's code may raise anything
            if not any(map(right, others)):
                others[0].program.words = (*others[0].program.words, f"with {said}")
                return others[0]
            tried.append(said)
    network = found.kind == "network"  # what is between its layers alone: others may change what is meant
    known = _settings(found)
    none = [n for n, v in known.items() if PENALTY.fullmatch(n) and isinstance(v, int | float) and v == 0]
    none = none if network and not found.program.variants else []
    settings = {n: v for n, v in known.items() if not network or OF_NETWORKS.search(n) or n in none}
    windows = any(re.search("stride|kernel|filter|pool", n, re.IGNORECASE) for n in (found.name, *settings))
    images = any(word.startswith("inputs as") and "image" in word for word in found.program.words)
    sides = () if found.kind != "layer" else SIDES if windows else NO_SQUARES if images else ()
    changes = [{n: new} for n, value in settings.items() if n not in none for new in _others(n, value)]
    changes += [{n: PENALTY_RATE} for n in none]
    changes += [{n: not settings[n]} for n in _flags(found, settings)]
    changes += [{n: word} for n, value in settings.items() for word in _words(found, n, value)]
    end, failed, stuck = time.process_time() + seconds, list[str](), list[str]()
    for change in [*([{}] if sides else []), *changes]:
        said = ", ".join(f"{name}={value!r}" for name, value in change.items()) or "larger inputs"
        wrong: ProgramSubject | None = None
        try:
            with deadline(end - time.process_time()):
                stuck.clear()
                for other in _of_sizes(found, settings, change, sides, stuck):
                    if right(other):
                        tried.append(said)
                        wrong = None
                        break
                    wrong = wrong or other
        except SlowError:
            failed.append(said)
            break
        if wrong is not None:
            wrong.program.words = (*wrong.program.words, f"with {said}: {_shapes(wrong)}")
            return wrong
        if tried[-1:] != [said]:
            failed.append(said)
            words_of = any(isinstance(value, str) for value in change.values())  # what a loss derives is no mistake
            free = change or found.program.make is None  # functions know of no size of their own
            if stuck and free and not words_of:
                why = f"it goes forward, its way back raises {stuck[0]}"
                found.unchecked = [*found.unchecked, Unchecked(said, why)]
    found.notes += [f"right also with {'; '.join(tried)}"] if tried else []
    found.notes += [f"could not be tried with {'; '.join(failed)}"] if failed else []
    return None


def _penalized(found: ProgramSubject) -> Iterator[tuple[str, list[ProgramSubject]]]:
    """Yield in words each penalty of a layer that is 0, and the layer with it, beside each loss that may be meant."""
    settings = _settings(found) if found.kind == "layer" and found.program.make is not None else {}
    names = [n for n, v in settings.items() if OF_LAYERS.search(n) and (v is None or (v == 0 and type(v) is not bool))]
    for name in names:
        with contextlib.suppress(Exception):  # a user's code may raise anything
            program = _changed(found, {name: PENALTY_RATE}, None, None)(found.program, found.seed)
            losses = penalties_of(found, name, PENALTY_RATE)
            others = [found.on(replace(program, loss=loss, redraw=None), found.seed) for loss in losses]
            if adds_to_gradients(found, others, name):
                yield f"{name}={PENALTY_RATE}", others


def _alike(found: ProgramSubject) -> Iterator[ProgramSubject | None]:
    """Yield the same on other data: one layer more, channels on the other side, other numbers that it draws."""
    yield _deeper(found)
    yield _turned(found)
    for draw in range(1, OTHER_DRAWS + 1) if DRAWS in found.notes else ():
        yield found.on(found.program, found.seed + draw)


def _deeper(found: ProgramSubject) -> ProgramSubject | None:
    """Return the same network with one layer more, if it runs and all its gradients are found."""
    if found.program.deeper is None:
        return None
    try:
        deeper = best(found.program.deeper(), SECONDS)
    except NotRunningError:
        return None
    whole = len(deeper.claimed) > len(found.claimed) and not deeper.unchecked and not misfit(deeper)
    deeper.target, deeper.notes = found.target, list(found.notes)
    return deeper if whole else None


def _turned(found: ProgramSubject) -> ProgramSubject | None:
    """Return a layer without weights on images whose channels stand on the other side, if it runs on them.

    A side of the images may be taken for channels, and is too short for mistakes to show then.
    """
    first, x = next(iter(found.program.arguments.items()), ("", None))
    if found.kind != "layer" or set(found.values) != {first} or len(np.shape(x)) != IMAGES:  # type: ignore[arg-type]
        return None

    def changed(program: Program, seed: int) -> Program:
        images = program.arguments[first]
        away = np.moveaxis(images, -1, 1) if images.shape[1] == images.shape[2] else np.moveaxis(images, 1, -1)
        return replace(program, arguments={**program.arguments, first: np.ascontiguousarray(away)})

    other = _as(found, changed)
    try:
        loss, results = other.run(Plain())
    except Exception:  # a user's code may raise anything
        return None
    fits = np.isfinite(loss) and all(np.shape(value) == np.shape(other.values[n]) for n, value in results.items())
    other.program.words = (*other.program.words, f"with {_shapes(other)}")
    return other if fits else None


def _as(found: ProgramSubject, changed: Callable[[Program, int], Program]) -> ProgramSubject:
    """Return what was found with every program changed, those of other draws too, without weights that it has not."""
    program, redraw = changed(found.program, found.seed), found.program.redraw
    program.redraw = None if redraw is None else lambda seed, samples: changed(redraw(seed, samples), seed)
    with frozen(program.module):
        world = program.build()
    parts = tuple(leaf for leaf in found.parts if found_at(world, leaf.places[0]) is not None)
    origins = {leaf.name: found.origins[leaf.name] for leaf in parts if leaf.name in found.origins}
    other = replace(found, parts=parts, origins=origins).on(program, found.seed)
    other.notes = list(found.notes)
    return other


def at_one(found: ProgramSubject) -> Iterator[tuple[str, ProgramSubject]]:
    """Yield each of its numbers in words, and the program with 1 for it: x * sigmoid(beta * x) is swish at 1."""
    settings = _settings(found)
    for name, value in settings.items():
        if isinstance(value, int | float) and value not in PLAIN:
            yield from ((f"{name} = {value:g}", other) for other in _of_sizes(found, settings, {name: 1.0}, (), []))


def _shapes(found: ProgramSubject) -> str:
    shapes = (f"{n} {np.shape(v)}" for n, v in found.program.arguments.items() if isinstance(v, np.ndarray))
    return ", ".join(shapes)


def _others(name: str, value: Any) -> list[Any]:
    """Return other values of a setting, of a dict one with each of its items changed alone: two at once may not run."""
    if isinstance(value, dict):
        return [value | {k: new} for k, v in value.items() if (new := _other(k, v)) is not None]
    return [new] if (new := _other(name, value)) is not None else []


def _other(name: str, value: Any) -> Any:
    """Return another value of a setting; None if it is none, or shows mistakes as it is."""
    if isinstance(value, tuple | list) and value and len(set(map(repr, value))) == 1:
        new = _other(name, value[0])
        return None if new is None else type(value)([new] * len(value))
    known = next((values for pattern, values in VALUES if re.search(pattern, name, re.IGNORECASE)), None)
    if known is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(known[0], float):
        return known[0] if value in PLAIN else None
    return next((v for v in known if v != value), None) if isinstance(value, int) else None


def _flags(found: ProgramSubject, settings: dict[str, Any]) -> list[str]:
    """Return the settings, true or false, for which a class has branches in two places, as on its way and back."""
    text = source_of(found.target)
    asked = [n for n, v in settings.items() if isinstance(v, bool) and len(re.findall(rf"if .*\b_*{n}\b", text)) > 1]
    return [n for n in asked if bare(n) not in TRAINING and not LEFT_TO_THE_LOSS.search(n)]


def _words(found: ProgramSubject, name: str, value: Any) -> list[str]:
    """Return the other words that the source holds a setting against: self.activation == 'tanh'."""
    if not (value is None or isinstance(value, str)):
        return []
    calls = [] if found.program.make else [*found.program.forward, *found.program.backward]
    known = [word for one in [call.function({}) for call in calls] or [found.target] for word in words(one, name)]
    return [word for word in dict.fromkeys(known) if word != value]


def _settings(found: ProgramSubject) -> dict[str, Any]:
    """Return what the constructor is given, or for functions the defaults and settings that they are."""
    given: dict[str, Any] = {}
    program = found.program
    if program.make is not None:
        if inspect.isclass(found.target):
            with contextlib.suppress(Exception), _initialised(found.target, {}, given):
                program.make()
        return given
    for call in (*program.forward, *program.backward):
        with contextlib.suppress(Exception):
            parameters = inspect.signature(call.function({})).parameters.values()
            given |= {p.name: p.default for p in parameters if p.default not in (p.empty, None)}
    return given | {n: v for n, v in program.arguments.items() if isinstance(v, int | float | dict | str)}


@contextlib.contextmanager
def _initialised(cls: Any, changes: dict[str, Any], given: dict[str, Any] | None = None) -> Iterator[None]:
    """Make objects of a class be made with other arguments; `given` gets those that they are made with."""
    own, original = "__init__" in vars(cls), cls.__init__
    signature = inspect.signature(original)

    def __init__(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807 (it takes its place)
        bound = signature.bind(self, *arguments, **named)
        bound.apply_defaults()
        bound.arguments.update(changes)
        if given is not None:
            given.update(list(bound.arguments.items())[1:])
        original(*bound.args, **bound.kwargs)

    cls.__init__ = __init__
    try:
        yield
    finally:
        if own:
            cls.__init__ = original
        else:
            del cls.__init__


def _of_sizes(
    found: ProgramSubject, settings: dict[str, Any], change: dict[str, Any], sides: tuple[tuple[int, int], ...],
    stuck: list[str],
) -> Iterator[ProgramSubject]:  # fmt: skip
    """Yield the program with changed settings on inputs of several sizes, where it runs.

    If a gradient never has the shape of what it is of, that is a mistake too; but not where padding is taken away.

    Args:
        stuck: gets what the way back raises where it goes forward.
    """
    misfit: ProgramSubject | None = None
    fits = False
    named = [n for n, v in settings.items() if SIDE.search(n) and isinstance(v, int)]
    places = [(side, axis) for side in sides for axis in _axes(found.program)]
    for side, axes in [*places, *([(None, None)] if change else [])]:
        if named and side is not None and side[0] != side[1]:
            continue
        own = change | (dict.fromkeys(named, side[0]) if side is not None else {})
        program: Any = None
        try:
            changed = _changed(found, own, axes, side)
            other = _as(found, changed)
            program = other.program
            loss, results = other.run(Plain())
            if not np.isfinite(loss):
                continue
        except Exception as error:  # a user's code may raise anything
            told = isinstance(error, AssertionError | NotImplementedError)  # a limit that the source knows of
            with contextlib.suppress(Exception), frozen(program.module):
                program.go_forward(program.build())
                stuck += [] if told else [described(error, set(map(str, program.sources)))]
            continue
        if all(np.shape(value) == np.shape(other.values[name]) for name, value in results.items()):
            fits = True
            yield other
        elif any(_new(settings, change)) if change else sides == NO_SQUARES:
            misfit = misfit or other
    if misfit is not None and not fits:
        yield misfit


def _new(settings: dict[str, Any], change: dict[str, Any]) -> Iterator[Any]:
    """Yield the values of changed settings; of a dict those of its items that are changed."""
    for name, value in change.items():
        known = settings.get(name)
        if isinstance(value, dict) and isinstance(known, dict):
            yield from (v for k, v in value.items() if v != known.get(k))
        else:
            yield value


def _axes(program: Program) -> tuple[int, ...]:
    """Return the axes of which two of places may begin: the last pair of one length, or any of two or three."""
    shape = next((v.shape for v in program.arguments.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"), ())
    pairs = [i for i in range(len(shape) - 1) if shape[i] == shape[i + 1]]
    return tuple(pairs[-1:]) or {2: (0,), 3: (0, 1)}.get(len(shape), ())


def _changed(
    found: ProgramSubject, change: dict[str, Any], axis: int | None, side: tuple[int, int] | None
) -> Callable[[Program, int], Program]:
    """Return what makes a program another with changed settings and inputs of another size."""
    cls, first = found.target, next(iter(found.program.arguments), "")

    def changed(program: Program, seed: int) -> Program:
        arguments = {n: change.get(n, v) for n, v in program.arguments.items()}
        x = arguments.get(first)
        if axis is not None and side is not None and isinstance(x, np.ndarray):
            shape = (*x.shape[:axis], *side, *x.shape[axis + 2 :])
            arguments[first] = np.random.default_rng([seed, 5]).normal(size=shape)
        make = program.make
        if make is None:
            calls = [[_with(call, change) for call in calls] for calls in (program.forward, program.backward)]
            return replace(program, arguments=arguments, forward=calls[0], backward=calls[1])

        def build() -> Any:
            with _initialised(cls, change):
                return make()

        return replace(program, arguments=arguments, make=build)

    return changed


def _with(call: Any, change: dict[str, Any]) -> Any:
    known = inspect.signature(call.function({})).parameters
    taken = {
        n: constant(v) for n, v in change.items() if n in known and known[n].default is not inspect.Parameter.empty
    }
    return replace(call, keywords={**call.keywords, **taken})
