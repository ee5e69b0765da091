"""Optimizers as people write them: functions and objects, for one array or for all, with state inside or handed on."""

import contextlib
import copy
import functools
import inspect
import itertools
import re
import types
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from ..protocols import Array
from ..readings.roles import parameters
from ..readings.ways import steps_of
from ..source.syntax import attributes, keys
from ..source.words import bare, is_gradient
from .apart import APART, STATES, arguments_apart, steps_apart
from .holders import (
    NAMES,
    Holder,
    as_dict,
    as_keyed_gradients,
    as_list,
    as_nested,
    as_pairs,
    as_read,
    moved,
)
from .hyper import COUNTERS, counted, free_of, taken, told, wanted
from .loops import is_generator, loop_of, steps_of_generator, steps_of_loop

Step = Callable[[list[Array], list[Array], int], list[Any]]

MANY = ("params", "parameters", "weights", "ws", "xs", "trainablevariables", "variables", "thetas")
STARTS = ("start", "setup", "initialize", "init", "prepare", "register", "init_state", "build", "initialise")
MAKES = re.compile(r"(create|make|new|start|zero|init\w*?)_?(opt\w*_)?(state|slot|cache)s?|init(ialize)?")
"""Methods that make the state which a step is handed."""
KEYS = ("key", "layer", "index", "name", "idx", "i")
IGNORED = ("curloss", "loss", "paramname", "name", "closure")


class Form:
    """One way to call an optimizer; `start()` gives a step with a state of its own.

    Attributes:
        names: of the parameters. claimed: those that are judged, all if there are none.
        whole: takes all steps of a course at once, where a step cannot be taken by itself.
    """

    names: tuple[str, ...] = NAMES
    claimed: tuple[str, ...] = ()
    whole: Callable[[Any], list[Any]] | None = None

    def __init__(self, start: Callable[[], Step], words: str) -> None:
        self.start, self.words = start, words


def forms(target: Any, hyper: dict[str, Any], module: ModuleType | None) -> Iterator[Form]:
    """Yield the ways in which a function, class or object may be called, the most likely first."""
    if is_generator(target):
        free = [p.name for p in free_of(target, hyper) if p.default is p.empty]
        whole = bool(free) and bare(free[0]).startswith(MANY)
        for together in (whole, not whole) if free else (False,):
            start = functools.partial(steps_of_generator, target, bool(free), together, taken(target, hyper))
            yield Form(start, "a generator that is sent the gradients")
    elif inspect.isroutine(target):
        loop = loop_of(target)
        if loop is not None:
            named = taken(target, hyper)
            yield Form(lambda: steps_of_loop(target, loop, named), f"gradients are what {loop.gradient} returns")
            return
        with contextlib.suppress(TypeError):
            arguments_apart(target, hyper)
            yield Form(functools.partial(steps_apart, lambda: target, hyper), APART)
        yield from _of_function(target, hyper, module)
        yield Form(functools.partial(_closure, target, hyper), "it returns the function that takes the steps")
    elif inspect.isclass(target):
        yield from _of_object(lambda xs: target(*_first(target, hyper, xs), **told(target, hyper)), target, hyper)
    else:
        yield from _of_object(lambda xs: copy.deepcopy(target), type(target), hyper)


def _first(cls: Any, hyper: dict[str, Any], xs: Any) -> list[Any]:
    return [xs] if wanted(cls, hyper) else []


# ---- objects ---------------------------------------------------------------------------------------------------------


def _of_object(make: Callable[[Any], Any], cls: Any, hyper: dict[str, Any]) -> Iterator[Form]:
    names = steps_of(cls)
    method = next((n for n in names if len(parameters(getattr(cls, n))) > 1), names[0] if names else None)
    if method is None:
        raise TypeError(f"an optimizer needs a method such as update or step; {cls.__name__} has none")
    loop = loop_of(getattr(cls, method))
    if loop is not None and not wanted(cls, hyper):
        run, named = getattr(make(None), method), taken(getattr(cls, method), hyper)
        yield Form(lambda: steps_of_loop(run, loop, named), f"gradients are what {loop.gradient} returns")
        return
    for holder in (as_list, as_dict, as_keyed_gradients, as_nested, as_pairs):
        start = functools.partial(_whole, make, method, holder, hyper)
        yield Form(start, f"{method} called with all parameters {holder.__doc__}")
    for kind, listed in itertools.product(("array", "dict", "list", "tensor"), (False, True)):
        start = functools.partial(_whole, make, method, as_read(cls, kind, listed), hyper)
        of = "layers in a list" if listed else "a layer or network"
        yield Form(start, f"{method} called with {of}, its parameters each a {kind} or in one")
    yield Form(lambda: _each(make, method, hyper, False), f"an object for each parameter, {method} called with it")
    yield Form(lambda: _each(make, method, hyper, True), f"one object, {method} called with each parameter")


def _whole(make: Callable[[Any], Any], method: str, holder: Holder, hyper: dict[str, Any]) -> Step:
    made: list[Any] = []
    held: list[Any] = []
    signs: list[float] = []
    states: dict[str, Any] = {}

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        arguments, after = holder(xs, gs, held)
        if not made:
            made.append(_started(make(arguments[0]), arguments[0]))
        getattr(made[0], "pre_update_params", lambda: None)()
        function = getattr(made[0], method)
        free = free_of(function, hyper)
        counted: dict[str, Any] = {p.name: t for p in free if COUNTERS.fullmatch(bare(p.name))}
        counted |= _handed(made[0], free, arguments[0], states)
        if held and not free:  # it was given its parameters when it was made
            arguments = []
        needed = [p for p in free if p.name not in counted and (p.default is p.empty or bare(p.name).startswith(MANY))]
        slopes = [p.name for p in needed if is_gradient(p.name)]
        if len(slopes) > 1 and len(needed) == len(xs) + len(gs):  # each by itself: weights, biases, grad_w, grad_b
            own = [p.name for p in needed if p.name not in slopes]
            counted, arguments = counted | dict(zip(own, xs, strict=True)) | dict(zip(slopes, gs, strict=True)), []
        alone = len(needed) == 1 and len(arguments) == 2  # of the gradients alone: it may return the updates
        if alone and re.search("var|pair|and", needed[0].name) and isinstance(arguments[0], list):
            arguments, alone = [list(zip(arguments[1], arguments[0], strict=True))], False
        elif alone:
            arguments = arguments[1:]
        elif len(arguments) == 2 and needed and is_gradient(needed[0].name):
            arguments = arguments[::-1]
        returned = _kept(states, _called(function, arguments, {**counted, **taken(function, hyper)}))
        getattr(made[0], "post_update_params", lambda: None)()
        found = _many(returned, after())
        if alone and returned is not None and not _first(type(made[0]), hyper, xs):
            return [moved(x, update, g, signs) for x, update, g in zip(xs, found, gs, strict=True)]
        return found

    return step


def _handed(own: Any, free: list[inspect.Parameter], first: Any, states: dict[str, Any]) -> dict[str, Any]:
    """Return the state that a step wants, made by a method of its object before the first step."""
    names = [p.name for p in free if bare(p.name) in STATES and p.default is p.empty]
    maker = next((n for n in dir(own) if MAKES.fullmatch(n)), None)
    if len(names) == 1 and maker is not None and not states:
        function = getattr(own, maker)
        given = [p.name for p in parameters(function) if p.default is p.empty]
        states[names[0]] = function(*(0 if bare(n) in KEYS else first for n in given))
    return dict(states)


def _called(function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
    """Call a step; a state may stand between the parameters and the gradients."""
    free = [p.name for p in parameters(function) if p.name not in named]
    if len(free) < len(arguments):
        return function(*arguments, **named)
    return function(**dict(zip(free, arguments, strict=False)), **named)


def _kept(states: dict[str, Any], returned: Any) -> Any:
    """Keep the state that a step handed back; return the rest."""
    if not (states and isinstance(returned, tuple) and len(returned) == 2):
        return returned
    states[next(iter(states))] = returned[1]
    return returned[0]


def _started(made: Any, parameters_: Any) -> Any:
    """Return an object, told its parameters where it wants to know them before its first step."""
    name = next((n for n in STARTS if callable(getattr(made, n, None))), None)
    if name is not None and len([p for p in parameters(getattr(made, name)) if p.default is p.empty]) == 1:
        getattr(made, name)(parameters_)
    return made


def _each(make: Callable[[Any], Any], method: str, hyper: dict[str, Any], shared: bool) -> Step:
    """Return a step with each parameter: of an object for each, or of one that is told their names."""
    made: list[Any] = []
    signs: list[float] = []
    states: list[dict[str, Any]] = [{} for _ in NAMES]

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        made.extend(_started(make(x), x) for x in (xs[:1] if shared else xs)[len(made) :])
        found = []
        for i, (name, x, g) in enumerate(zip(NAMES, xs, gs, strict=True)):
            own = made[0] if shared else made[i]
            found.append(_one_step(own, method, x, g, t, hyper, signs, states[i], name if shared else ""))
        return found

    return step


def _one_step(
    own: Any, method: str, x: Array, g: Array, t: int, hyper: dict[str, Any], signs: list[float],
    states: dict[str, Any], name: str = "",
) -> Any:  # fmt: skip
    function, mine = getattr(own, method), x
    free = free_of(function, hyper)
    extra: dict[str, Any] = {p.name: t for p in free if COUNTERS.fullmatch(bare(p.name))}
    extra |= {
        p.name: name if "name" in p.name else None for p in free if bare(p.name) in IGNORED and p.default is p.empty
    }
    extra |= {p.name: name for p in free if bare(p.name) in KEYS and name}
    extra |= _handed(own, free, mine, states)
    given = [p for p in free if p.name not in extra]
    arguments = [g, mine] if given and is_gradient(given[0].name) else [mine, g]
    arguments = [g] if len([p for p in given if p.default is p.empty]) == 1 else arguments
    returned = _kept(states, _called(function, arguments, {**extra, **taken(function, hyper)}))
    if len(arguments) == 1 and returned is not None:  # it returns the update
        return moved(x, returned, g, signs)
    return mine if returned is None else _one(returned, x)


def _many(returned: Any, after: list[Any]) -> list[Any]:
    """Return the parameters after a call that returned them or changed them in place."""
    if isinstance(returned, tuple) and returned and isinstance(returned[0], list | dict | tuple):
        returned = returned[0]
    if isinstance(returned, dict) and set(NAMES) <= set(returned):
        return [returned[n] for n in NAMES]
    several = isinstance(returned, list | tuple) and len(returned) == len(after)
    return list(returned if several and np.shape(returned[0]) == np.shape(after[0]) else after)


def _one(returned: Any, x: Array) -> Any:
    """Return the parameter out of what came back for it."""
    several = isinstance(returned, tuple | list) and len(returned) > 0
    return returned[0] if several and np.shape(returned[0]) == x.shape else returned


# ---- functions -------------------------------------------------------------------------------------------------------


def _of_function(function: Any, hyper: dict[str, Any], module: ModuleType | None) -> Iterator[Form]:
    free = free_of(function, hyper)
    counters = [p.name for p in free if COUNTERS.fullmatch(bare(p.name)) and p.default in (p.empty, None, 0, 1)]
    rest = [p.name for p in free if p.name not in counters and (p.default in (p.empty, None) or bare(p.name) in STATES)]
    swapped = bool(rest) and is_gradient(rest[0]) and not (len(rest) > 1 and is_gradient(rest[1]))
    slots = rest[2:]
    many = bool(rest) and bare(rest[0]).startswith(MANY)
    keyed = any(k.startswith("d") for k in keys(function, rest[1], module)) if len(rest) > 1 else False
    starts: list[Any] = ["made", "zeros", dict, None] if slots else [None]
    containers = (as_keyed_gradients, as_dict, as_list) if keyed else (as_list, as_dict, as_keyed_gradients, as_nested)
    for one in (not many, many):
        for begin, holder in itertools.product(starts, (as_list,) if one else containers):
            made = functools.partial(_Function, function, hyper, module, rest, counters, swapped, begin)
            if one:
                start = functools.partial(_each, made, "step", {}, False)
            else:
                start = functools.partial(_whole, made, "step", holder, {})
            yield Form(start, f"called with {'each parameter' if one else 'all parameters'}, its state handed on")


def _closure(function: Any, hyper: dict[str, Any]) -> Step:
    made: list[Any] = []

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        if not made:
            free = [p for p in free_of(function, hyper) if p.default is p.empty]
            made.append(function(*([list(xs)] if free else []), **taken(function, hyper)))
        free = [p for p in free_of(made[0], hyper) if not COUNTERS.fullmatch(bare(p.name))]
        held = list(xs)
        given = [list(gs)] if len(free) == 1 else [list(gs), held] if is_gradient(free[0].name) else [held, list(gs)]
        return _many(made[0](*given, **counted(made[0], hyper, t)), held)

    return step


class _Function:
    """A function as an object; its further arguments are slots or a state that it hands back or changes."""

    def __init__(
        self, function: Any, hyper: dict[str, Any], module: ModuleType | None, names: list[str], counters: list[str],
        swapped: bool, begin: Any, xs: Any,
    ) -> None:  # fmt: skip
        self.function, self.hyper, self.module, self.counters = function, hyper, module, counters
        self.names, self.slots = names[:2], names[2:]
        self.swapped, self.begin = swapped, begin
        self.state = self._fresh(xs)

    def _fresh(self, xs: Any) -> dict[str, Any]:
        if self.begin == "made":
            return self._made(xs)
        if self.begin is dict:
            return {n: dict(self.hyper) if n == "config" else {} for n in self.slots}
        return dict.fromkeys(self.slots) if self.begin is None else {n: _zeros(xs) for n in self.slots}

    def _made(self, xs: Any) -> dict[str, Any]:
        """Return the state that a function `initialize_...` of the file makes; or zeros, as its attributes are read."""
        for name, maker in vars(self.module).items() if self.module else ():
            if "init" not in name.lower() or not inspect.isfunction(maker):
                continue
            made = maker(copy.deepcopy(xs))
            parts = made if isinstance(made, tuple) and len(self.slots) > 1 else (made,)
            if len(parts) == len(self.slots):
                return dict(zip(self.slots, parts, strict=True))
        inside = {n: attributes(self.function, n) for n in self.slots}
        if not all(inside.values()):
            raise ValueError("no function makes its state")
        return {
            slot: types.SimpleNamespace(**{n: 0 if COUNTERS.fullmatch(bare(n)) else _zeros(xs) for n in names})
            for slot, names in inside.items()
        }

    def step(self, xs: Any, gs: Any, t: int) -> Any:
        """Take a step with one parameter or all."""
        given, state = (gs, xs) if self.swapped else (xs, gs), self.state
        known = {**state, **dict.fromkeys(self.counters, t), **taken(self.function, self.hyper)}
        if len(self.names) == 2:
            returned = self.function(**dict(zip(self.names, given, strict=True)), **known)
        else:
            returned = self.function(*given, **known)
        extra = len(returned) - 1 - len(state) if isinstance(returned, tuple) and state else -1
        if 0 <= extra <= len(self.counters):
            state.update(zip(state, returned[1:], strict=False))
            return returned[0]
        return returned


def _zeros(xs: Any) -> Any:
    if isinstance(xs, list) and xs and isinstance(xs[0], list):
        return [_zeros(x) for x in xs]
    if isinstance(xs, dict):
        return {key: np.zeros_like(x) for key, x in xs.items()} | {f"d{key}": np.zeros_like(x) for key, x in xs.items()}
    return [np.zeros_like(x) for x in xs] if isinstance(xs, list) else np.zeros_like(xs)
