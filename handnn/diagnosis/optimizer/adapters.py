"""How people write an optimizer's step, and how each way is called.

A `Form` is one way; `start()` returns a function (parameters, gradients, t) -> new parameters with a state of its own.
Arguments that are hyperparameters by their names are given by name; the others are parameters, gradients, the step
count, and slots or a state that the function hands back.
"""

import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ..call.results import UnreadableError

Step = Callable[[list[Array], list[Array], int], list[Any]]


class Form(NamedTuple):
    """A way to call a step; `words` say what is unusual about it, `apart` that each parameter gets its own object."""

    start: Callable[[], Step]
    words: str = ""
    apart: bool = False


ALIASES: dict[str, tuple[str, ...]] = {
    "learning_rate": ("learning_rate", "lr", "eta", "alpha", "rate", "step_size", "stepsize"),
    "beta_1": ("beta_1", "beta1", "b1"),
    "beta_2": ("beta_2", "beta2", "b2"),
    "rho": ("rho", "decay_rate", "decay", "gamma", "beta", "beta2"),
    "epsilon": ("epsilon", "eps"),
    "momentum": ("momentum", "mu", "beta", "gamma"),
    "weight_decay": ("weight_decay", "wd", "lam", "lambda_", "lambd", "decay"),
    "nesterov": ("nesterov",),
    "centered": ("centered", "centred"),
    "amsgrad": ("amsgrad",),
    "initial_accumulator_value": ("initial_accumulator_value", "initial"),
}
"""How people call Keras' hyperparameters."""

COUNTERS = ("t", "step", "steps", "iteration", "iterations", "it", "i", "n", "k", "time", "num_steps")
STATES = ("state", "config", "cache", "memory", "slots", "s", "st")
METHODS = ("step", "update", "apply", "apply_gradients", "update_params", "__call__")
MANY = ("params", "parameters", "weights", "ws", "xs", "trainable_variables", "variables")
KEYS = ("W1", "b1", "W2", "b2", "W3", "b3")


def keras_name(name: str, known: Mapping[str, Any]) -> str | None:
    """Return the hyperparameter that is meant by a name, if it is one."""
    bare = name.strip("_")
    return next((key for key in known if key == bare or bare in ALIASES.get(key, ())), None)


def taken(function: Any, h: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters that a function takes, under its own names."""
    names = {name: keras_name(name, h) for name in _parameters(function)}
    return {name: h[key] for name, key in names.items() if key is not None and h[key] is not None}


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {n: p for n, p in found.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def forms(given: Any, h: dict[str, Any]) -> Iterator[Form]:
    """Yield the ways in which this function, class or object may be meant, the most likely first."""
    if inspect.isclass(given):
        yield from _of_object(lambda xs: given(*_first(given, h, xs), **taken(given, h)), given, h)
    elif inspect.isroutine(given) or isinstance(given, functools.partial):
        yield from _of_function(given, h)
    else:
        yield from _of_object(lambda xs: copy.deepcopy(given), type(given), h)


def _first(cls: Any, h: dict[str, Any], xs: Any) -> list[Any]:
    """Return the parameters for a constructor that wants them, as in PyTorch."""
    free = [p for n, p in _parameters(cls).items() if n not in taken(cls, h) and p.default is p.empty]
    return [xs] if free else []


def _method(cls: Any) -> str | None:
    return next((name for name in METHODS if any(name in vars(base) for base in cls.__mro__)), None)


# ---- objects -------------------------------------------------------------------------------------------------------


def _of_object(make: Callable[[Any], Any], cls: Any, h: dict[str, Any]) -> Iterator[Form]:
    name = _method(cls)
    if name is None:
        raise TypeError(f"an optimizer needs a method {', '.join(METHODS)}; {cls.__name__} has none of them")
    kinds: tuple[Callable[[list[Any]], Any], ...] = (list, _named)

    def whole(kind: Callable[[list[Any]], Any]) -> Form:
        def start() -> Step:
            kept: list[Any] = []

            def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
                if not kept:
                    held = kind([x.copy() for x in xs])
                    kept.extend([make(held), held])
                return _after(_called(getattr(kept[0], name), kept[1], kind(gs), h, t), kept, 1)

            return step

        return Form(start)

    yield from (whole(kind) for kind in kinds)

    def each() -> Step:
        objects: list[Any] = []

        def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
            objects.extend(make(x) for x in xs[len(objects) :])
            found = []
            for own, x, g in zip(objects, xs, gs, strict=True):
                mine = x.copy()
                returned = _called(getattr(own, name), mine, g, h, t)
                found.append(mine if returned is None else _one(returned, x))
            return found

        return step

    yield Form(each, apart=True)


def _called(method: Any, xs: Any, gs: Any, h: dict[str, Any], t: int) -> Any:
    """Call a method with parameters and gradients in the order of its arguments."""
    hyper = taken(method, h)
    wanted = {n for n, p in _parameters(method).items() if p.default is p.empty or n in COUNTERS or n.startswith(MANY)}
    free = [n for n in _parameters(method) if n not in hyper and n in wanted]
    counted = {n: t for n in free if n in COUNTERS}
    free = [n for n in free if n not in counted]
    if len(free) == 1:
        named = "var" in free[0] or free[0] in ("pairs", "grads_and_vars", "params_and_grads")
        given = [list(zip(gs, xs, strict=True))] if named and not isinstance(xs, dict) else [gs]
    else:
        given = [gs, xs] if free and _is_gradient(free[0]) else [xs, gs]
    return method(*given, **counted, **hyper)


def _is_gradient(name: str) -> bool:
    return name.startswith(("g", "grad", "dw", "dW", "dx", "d_", "nabla"))


def _after(returned: Any, kept: list[Any], place: int) -> list[Any]:
    """Return the parameters after a call that returned them or changed them in place, and keep them."""
    if returned is not None:
        if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], list | dict | tuple):
            returned = returned[0]
        if not isinstance(returned, list | tuple | dict) or len(returned) != len(kept[place]):
            raise UnreadableError(f"expected {len(kept[place])} parameters back; received {type(returned).__name__}")
        kept[place] = dict(returned) if isinstance(returned, dict) else list(returned)
    now = kept[place].values() if isinstance(kept[place], dict) else kept[place]
    return [np.array(x) for x in now]


def _named(arrays: list[Any]) -> dict[str, Any]:
    return dict(zip(KEYS, arrays, strict=False))


# ---- functions -----------------------------------------------------------------------------------------------------


def _of_function(function: Callable[..., Any], h: dict[str, Any]) -> Iterator[Form]:
    hyper, parameters = taken(function, h), _parameters(function)
    free = [n for n in parameters if n not in hyper]
    swapped = bool(free) and _is_gradient(free[0]) and not (len(free) > 1 and _is_gradient(free[1]))
    kept = [n for n in free[2:] if parameters[n].default in (parameters[n].empty, None) or n in STATES or n in COUNTERS]
    counters = [n for n in kept if n in COUNTERS]
    slots = [n for n in kept if n not in COUNTERS]
    starts: list[Any] = ["zeros"] if len(slots) > 1 else [dict, None, "zeros"] if slots else [None]
    plural = bool(free) and (free[0].startswith(MANY))
    for begin, words in ((1, ""), (0, "the step count is given and starts at 0"))[: 2 if counters else 1]:
        for one in (not plural, plural):
            for start in starts:
                for kind in (list,) if one else (list, _named):
                    call = _Calls(function, hyper, swapped, slots, counters, start, begin, one, kind, h)
                    yield Form(call.start, words)


class _Calls:
    """One way to call a function: with each parameter (`one`) or with all, and with what for its further arguments."""

    def __init__(
        self,
        function: Callable[..., Any],
        hyper: dict[str, Any],
        swapped: bool,
        slots: list[str],
        counters: list[str],
        initial: Any,
        begin: int,
        one: bool,
        kind: Callable[[list[Any]], Any],
        h: dict[str, Any],
    ) -> None:
        self.function, self.hyper, self.swapped, self.slots, self.counters = function, hyper, swapped, slots, counters
        self.initial, self.begin, self.one, self.kind, self.h = initial, begin, one, kind, h

    def start(self) -> Step:
        return self._each() if self.one else self._all()

    def _fresh(self, xs: Any) -> dict[str, Any]:
        def new(name: str) -> Any:
            if self.initial == "zeros":
                return _zeros(xs)
            if self.initial is dict:
                return {k: v for k, v in self.h.items() if v is not None} if name == "config" else {}
            return None

        return {name: new(name) for name in self.slots}

    def _call(self, xs: Any, gs: Any, state: dict[str, Any], t: int) -> Any:
        counted = dict.fromkeys(self.counters, t - 1 + self.begin)
        given = (gs, xs) if self.swapped else (xs, gs)
        returned = self.function(*given, **state, **counted, **self.hyper)
        if isinstance(returned, tuple) and 1 < len(returned) == 1 + len(state):
            state.update(zip(state, returned[1:], strict=True))
            return returned[0]
        if isinstance(returned, tuple) and state and len(returned) == 1 + len(state) + len(counted):
            state.update(zip(state, returned[1:], strict=False))
            return returned[0]
        return returned

    def _each(self) -> Step:
        states: list[dict[str, Any]] = []

        def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
            states.extend(self._fresh(x) for x in xs[len(states) :])
            found = []
            for state, x, g in zip(states, xs, gs, strict=True):
                mine = x.copy()
                returned = self._call(mine, g, state, t)
                found.append(mine if returned is None else _one(returned, x))
            return found

        return step

    def _all(self) -> Step:
        kept: list[Any] = []

        def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
            if not kept:
                held = self.kind([x.copy() for x in xs])
                kept.extend([held, self._fresh(held)])
            return _after(self._call(kept[0], self.kind(gs), kept[1], t), kept, 0)

        return step


def _zeros(xs: Any) -> Any:
    if isinstance(xs, dict):
        return {key: np.zeros_like(x) for key, x in xs.items()}
    return [np.zeros_like(x) for x in xs] if isinstance(xs, list) else np.zeros_like(xs)


def _one(returned: Any, x: Array) -> Any:
    """Return the parameter out of what came back for it."""
    if isinstance(returned, tuple | list) and len(returned) and np.shape(returned[0]) == x.shape and x.ndim:
        return returned[0]
    if isinstance(returned, tuple) and returned and not x.ndim:
        return returned[0]
    return returned
