"""Which argument of a backward function is what: by name, and where names say nothing, by position."""

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from .program import Ref, arrays_in, constant
from .words import CACHE, INPUTS, PREDICTED, RATES, TRAINING, UPSTREAM, bare
from .world import World, plain

RATE = 1.0


def parameters(function: Any) -> list[inspect.Parameter]:
    """Return the parameters of a function without *args and **kwargs; empty if they cannot be known."""
    try:
        return _parameters(function)
    except TypeError:  # not hashable
        return _parameters.__wrapped__(function)


@functools.lru_cache(maxsize=1024)
def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def flags(function: Any, skip: int = 1) -> dict[str, Ref]:
    """Return the flags such as training, and rates, that a function takes besides its first arguments."""
    found: dict[str, Ref] = {}
    for p in parameters(function)[skip:]:
        name = bare(p.name)
        if name in TRAINING:
            found[p.name] = constant(True)
        elif name == "mode" and isinstance(p.default, str | type(p.empty)):
            found[p.name] = constant("train")
        elif name in RATES:
            found[p.name] = constant(RATE)
    return found


def cache(world: World) -> Any:
    """Return what forward returned besides its outputs."""
    returned = world["forward"]
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        return returned
    outputs = world["output"]
    count = len(outputs) if isinstance(outputs, tuple) else 1
    rest = returned[count:]
    return rest[0] if len(rest) == 1 else rest or returned[-1]


def upstream(index: int = 0) -> Ref:
    """Return a reference to the cotangent of an output."""
    return lambda world: world["upstream"][index]


def backward(function: Any, given: dict[str, Ref]) -> Iterator[tuple[list[Ref], dict[str, Ref], int]]:
    """Yield (positional arguments, keywords, number of cotangents) to call a backward function with.

    Args:
        given: references to the forward arguments, by name.
    """
    needed = [p for p in parameters(function) if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    needed = [p for p in needed if bare(p.name) not in (*TRAINING, *RATES)]
    keywords = flags(function, 0)
    if not parameters(function):  # unknown, or *args
        yield [upstream(), cache], {}, 1
        yield [upstream()], {}, 1
        return
    choices = [_roles(p.name, given) for p in needed]
    tried = set()
    for roles in itertools.product(*choices):
        count = sum(role == "upstream" for role in roles)
        if roles in tried or (not count and needed):
            continue
        tried.add(roles)
        place, refs = 0, []
        for role in roles:
            if role == "upstream":
                refs.append(upstream(place))
                place += 1
            else:
                refs.append(_reference(role, given))
        yield refs, keywords, max(count, 1)


def _roles(name: str, given: dict[str, Ref]) -> list[str]:
    """Return what an argument may be, the most likely first."""
    own = bare(name)
    exact = next((key for key in given if bare(key) == own), None)
    if exact is not None and own not in UPSTREAM:
        return [f"given:{exact}"]
    if own in CACHE:
        return ["cache"]
    if own in INPUTS and own not in UPSTREAM and given:
        return [f"given:{next(iter(given))}", "upstream"]
    if own in (*PREDICTED, "y") and own not in UPSTREAM:
        return ["output", "upstream"]
    if own in UPSTREAM or re.match("grad|up|err|d.{0,5}$|dl|dout|delta", own):
        return ["upstream"]
    return ["upstream", "cache", "output", *([f"given:{next(iter(given))}"] if given else [])]


def _reference(role: str, given: dict[str, Ref]) -> Ref:
    if role == "cache":
        return cache
    if role == "output":
        return lambda world: plain(world["output"][0] if isinstance(world["output"], tuple) else world["output"])
    return given[role.removeprefix("given:")]


def outputs(count: int, kept: Callable[[World], Any] | None = None) -> Ref:
    """Return a reference to the first `count` outputs of a forward call, or what `kept` finds if none is returned."""

    def found(world: World) -> Any:
        arrays = arrays_in(world["forward"])
        if not arrays and kept is not None:
            arrays = [kept(world)]
        if len(arrays) < count:
            raise ValueError(f"forward returns {len(arrays)} arrays; backward takes {count} cotangents")
        return arrays[0] if count == 1 else tuple(arrays[:count])

    return found
