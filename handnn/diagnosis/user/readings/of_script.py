"""The programs of functions, or of a class, on the arguments that the file's own script gives them."""

import ast
import copy
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.program import Program, Ref
from ..call.script import Called, Script, alike, of_samples, redrawn
from ..call.world import walk
from ..source.directive import Directive
from ..source.syntax import has_operators, nodes_of, source_of
from ..source.words import LOOP, WAYS_BACK, bare
from ..source.written import WRITTEN
from .bind import Reader
from .context import Context
from .data import Data
from .prepared import prepared
from .readers import WEIGHTS, Tries, derived_by, once, with_own_weights
from .roles import BATCH, ONCE, ROWS, keywords, parameters, roles_of
from .ways import Parts, Step, Way, of_functions
from .ways import of_object as ways_of

ODD = 7
MAKES, SIZES = re.compile("init|create|build|make", re.IGNORECASE), [3, 4, 2]


def as_run(
    name: str, kind: str, target: Any, context: Context, script: Script, said: Directive | None, loss: str | None,
    pair: tuple[str, str] | None = None,
) -> Iterator[Program]:  # fmt: skip
    """Yield the programs of functions, or of a class, on the arguments that the file's own script gives them.

    Args:
        target: functions that go together, or a class. pair: the methods of a loss and of its step that are meant.
    """
    reference, tries = loss or (said.words[-1] if said and said.words else None), Tries()
    make: Callable[[], Any] | None = None
    built, prefix, ways = None, "", [of_functions(target)] if isinstance(target, Parts) else []
    if isinstance(target, type) and (made := script.last(target.__name__)) is not None:
        prefix = f"{target.__name__}."
        with frozen(context.module):
            built = made.made(target)
        ways = list(ways_of(built, kind, pair))
    elif ways:
        ways += _with_engine(ways[0], context.module)
    for way in ways:
        begun = _begun(way, script, prefix)
        make = once(prepared(partial(begun.made, target))) if prefix and begun is not None else None
        held = Context(context.module, context.sources, make, context.roles, context.links)
        reader = Reader(name, kind, way, held, built, reference)
        if isinstance(target, Parts) and kind == "network":
            reader.roles |= dict.fromkeys(derived_by(way, reader.roles), "weight")
        with_own_weights(reader)
        loop = way.forward[0].function.__name__ == LOOP
        if kind == "network" and (loop or {"weight", "container"} & set(reader.roles.values())):
            reader.roles |= {n: "x" for n, role in reader.roles.items() if not role}  # data, of which none is derived
        first = prefix + way.forward[0].function.__name__
        for step in way.steps[1:]:
            called = script.call(prefix + step.function.__name__)
            links = called.links.items() if called is not None else ()
            known = {n: role for n, (function, role) in links if function == first}
            reader.links[step.function.__name__] = {**context.links, **known}
        calls = (script.call(prefix + step.function.__name__) for step in way.steps)
        reader.more = {i: _optional(step, call) for i, (step, call) in enumerate(zip(way.steps, calls, strict=True))}
        data = _given(way, reader.roles, script, prefix, kind == "layer" and not reader.labelled)
        if data is None and isinstance(target, Parts) and target.update is not None:
            for sized in _of_sizes(reader.roles, context.module):
                yield from tries(reader.programs(sized))
        if data is not None:
            yield from tries(reader.programs(data))
            if loop:  # where nothing shows of a weight, on some of the data
                yield from tries(reader.programs(replace(data, draw=partial(_some, data.draw))))
            if kind == "network" and not way.backward and _passes_over_samples(way.forward[0].function):
                words = f"{data.words}, one sample of it"
                draw = partial(_one, data.draw, reader.roles)
                for program in tries(reader.programs(replace(data, draw=draw, words=words, single=True))):
                    yield replace(program, by_steps=True)  # after each sample
    tries.tell()


def _of_sizes(roles: dict[str, str], module: Any) -> Iterator[Data]:
    """Yield one sample for a network that a function of the file makes of its sizes, without and with its label."""
    names = {role: name for name, role in roles.items() if role in ("container", "x", "y")}
    makers = {n: v for n, v in vars(module).items() if inspect.isfunction(v) and MAKES.search(n)}
    for maker in makers.values() if len(names) == 3 else ():
        sizes: Any = [SIZES] if len(parameters(maker)) == 1 else SIZES
        if len(parameters(maker)) not in (1, len(SIZES)):
            continue
        for label in ([], [1]):
            draw = partial(_neurons, names, partial(maker, *sizes), label)
            yield Data(draw, f"one sample; {maker.__name__} makes the network", single=True)


def _neurons(
    names: dict[str, str], make: Callable[[], Any], label: list[int], seed: int, samples: int
) -> dict[str, Any]:
    x = np.random.default_rng(seed + 30).normal(size=SIZES[0]).tolist()
    return {names["container"]: make(), names["x"]: x + label, names["y"]: [*[0] * (SIZES[-1] - 1), 1]}


def _begun(way: Way, script: Script, prefix: str) -> Called | None:
    """Return the first call of the forward step, or that of a last step of the same arguments if it tells more.

    A loss is often called with the same array for two arguments: with clean data in place of noisy one.
    """
    first, last = (step.function for step in (way.steps[0], way.steps[-1]))
    called = script.call(prefix + first.__name__)
    other = script.call(prefix + last.__name__) if roles_of(first) == roles_of(last) else None
    if called is None or other is None:
        return called or other
    return other if len(alike(called.arguments)) > len(alike(other.arguments)) else called


def _some(draw: Callable[[int, int], dict[str, Any]], seed: int, samples: int) -> dict[str, Any]:
    """Draw an odd number of samples unless another is said."""
    return draw(seed, samples or ODD)


def _one(draw: Callable[[int, int], dict[str, Any]], roles: dict[str, str], seed: int, samples: int) -> dict[str, Any]:
    """Draw one sample, with another seed another one; those with fewer zeros come first: they show more."""
    given = draw(seed, 0)
    x = next((v for n, v in given.items() if roles[n] == "x" and isinstance(v, np.ndarray | list)), ())
    zeros = [int(np.sum(np.asarray(one) == 0)) for one in x]
    place = np.argsort(zeros, kind="stable")[seed % len(zeros)] if zeros else 0
    many = {n for n, v in given.items() if isinstance(v, np.ndarray | list) and len(v) == len(zeros)}
    many -= {n for n in many if roles[n] in WEIGHTS}
    return {n: v[place : place + 1] if n in many else v for n, v in given.items()}


def _passes_over_samples(function: Any) -> bool:
    """Return whether a function has a loop that is neither over passes nor over layers."""
    loops = [node.iter for node in nodes_of(function) if isinstance(node, ast.For)]
    names = [{bare(getattr(n, "id", getattr(n, "attr", ""))) for n in ast.walk(one)} for one in loops]
    return any(not any(ONCE.fullmatch(n) or "layer" in n for n in own) for own in names)


def _optional(step: Step, called: Called | None) -> dict[str, Ref]:
    """Return the arrays that the script gives for arguments which need none, such as masks."""
    given = called.arguments if called is not None else {}
    rest = {n: v for n, v in given.items() if n not in roles_of(step.function) and n not in keywords(step.function)}
    arrays = {n: v for n, v in rest.items() if any(True for _ in walk(v, (("[", n),)))}
    return {n: lambda world, v=v: copy.deepcopy(v) for n, v in arrays.items()}  # type: ignore[misc]


def _given(way: Way, roles: dict[str, str], script: Script, prefix: str, layer: bool) -> Data | None:
    """Return the arguments of the first call of the forward step, and the labels of later ones; None without a call."""
    found: dict[str, list[Any]] = {}
    for place, step in enumerate(way.steps):
        called = script.call(prefix + step.function.__name__) if place else _begun(way, script, prefix)
        names = roles_of(step.function)
        if place == 0 and (called is None or not set(names) <= set(called.arguments)):
            return None
        known = called.arguments if called is not None else {}
        for name in [n for n in names if n in known and (place == 0 or roles[n] == "y")]:
            found.setdefault(name, []).append(known[name])
    first = [parts[0] for n, parts in found.items() if n in roles_of(way.steps[0].function)]
    rows = {len(v) for v in first if isinstance(v, np.ndarray) and v.ndim > 1}
    # a loss may be called with other samples than forward
    given = {n: next((v for v in parts if len(parts) > 1 and np.ndim(v) and len(v) in rows), parts[0])
             for n, parts in found.items()}  # fmt: skip
    kinds = {
        n: "weight" if role in WEIGHTS else "input" if layer and role in ("x", "") else role if role == "state" else ""
        for n, role in roles.items()
    }
    count = next((len(v) for v in given.values() if isinstance(v, np.ndarray) and v.ndim > 1), 0)

    batches = any(bare(p.name) in BATCH for step in way.steps for p in parameters(step.function))
    given |= {n: float(v) for n, v in given.items() if kinds[n] == "weight" and type(v) is int}
    first_only = WRITTEN in vars(script.module)  # with every seed other data comes first
    same = set(alike(given))

    def draw(seed: int, samples: int) -> dict[str, Any]:
        rows = ROWS if batches else samples  # one batch
        new = {n: v if kinds[n] == "weight" else of_samples(v, count, rows) for n, v in given.items()}
        new |= {n: np.random.default_rng(seed).permuted(new[n]) for n in same}
        data = {n for n, v in new.items() if first_only and isinstance(v, np.ndarray) and kinds[n] != "weight"}
        return {
            n: np.roll(v, -seed) if n in data else redrawn(v, seed, kinds[n], i) for i, (n, v) in enumerate(new.items())
        }

    return Data(draw, "data as the file's own script gives it")


def _with_engine(way: Way, module: Any) -> list[Way]:
    """Return the way that goes back by a method of what was returned.

    [] if the file has no engine of such objects, or if the way goes back itself: a second time would add to it.
    """
    held = list(vars(module).values()) if module is not None and not way.backward else []
    back = next((name for value in held if has_operators(value) for name in WAYS_BACK if hasattr(value, name)), None)
    if back is None or f".{back}(" in source_of(way.forward[0].function):
        return []
    return [way._replace(backward=[Step(lambda world: getattr(world["forward"], back), goes_back, "backward")])]


def goes_back() -> None:
    """Stand for the method by which an object of an engine goes back."""
