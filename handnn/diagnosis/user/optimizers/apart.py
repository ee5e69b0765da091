"""Optimizers whose step takes each parameter and gradient by itself, or by key: step(w1, b1, dw1, db1, config)."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..protocols import Array
from ..readings.roles import parameters
from ..source.syntax import keys
from ..source.words import bare, gradient_names, is_bias, is_gradient
from .hyper import ALIASES, COUNTERS, DEFAULTS, counted, taken

APART = "called with each parameter and each gradient by itself"
STATES = ("state", "config", "cache", "memory", "slots", "s", "st", "optstate")


class State(dict[str, Any]):
    """What a step keeps: hyperparameters by any name; what it did not write yet is 0."""

    def __init__(self, hyper: Mapping[str, Any]) -> None:
        super().__init__()
        self.hyper = DEFAULTS | {n: v for n, v in hyper.items() if v is not None}

    def _known(self, key: str) -> Any:
        return next((v for n, v in self.hyper.items() if bare(key) in (bare(n), *ALIASES.get(n, ()))), None)

    def __missing__(self, key: str) -> Any:
        known = self._known(key)
        return known if known is not None else 0 if COUNTERS.fullmatch(bare(key)) else 0.0

    def get(self, key: str, default: Any = None) -> Any:
        known = self._known(key)
        return super().get(key, default if known is None else known)

    def setdefault(self, key: str, default: Any = None) -> Any:
        return super().setdefault(key, self.get(key, default))


def arguments_apart(function: Any, hyper: Mapping[str, Any]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return the parameters and gradients that a function takes by name or by key, its containers and its states.

    Raises:
        TypeError: they are not as many.
    """
    known = _known(function, hyper, 1)
    free = [p for p in parameters(function) if p.name not in known]
    states = [p.name for p in free if bare(p.name) in STATES and p.default in (p.empty, None)]
    names = [p.name for p in free if p.default is p.empty and p.name not in states]
    holders: list[str] = []
    slopes = [name for name in names if is_gradient(name)]
    own = [name for name in names if name not in slopes]
    if len(own) == len(slopes) == 1:  # two dicts, whose keys are written out
        holders = [*own, *slopes]
        own, slopes = (keys(function, holder) for holder in holders)
    if len(own) != len(slopes) or len(own) < 2 or any("*" in name for name in own):
        raise TypeError(f"it takes {len(own)} parameters and {len(slopes)} gradients by their names")
    by_name = [next((s for s in slopes if bare(s) in {bare(n), *gradient_names(n)}), "") for n in own]
    return own, by_name if sorted(by_name) == sorted(slopes) else slopes, holders, states


def steps_apart(
    start: Callable[[], Any], hyper: Mapping[str, Any]
) -> Callable[[list[Array], list[Array], int], list[Any]]:
    """Return a step by a function that `start` makes, which takes parameters and gradients one by one, in any order.

    If it takes more than two, it is given parts of the two.
    """
    made: list[Any] = []
    kept: dict[str, Any] = {}

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        if not made:
            made.append(start())
        function = made[0]
        own, slopes, holders, states = arguments_apart(function, hyper)
        kept.update({name: State(hyper) for name in states if name not in kept})
        biases = [name for name in own if is_bias(name)]
        groups = [[n for n in own if n not in biases], biases]
        groups = groups if len(biases) * 2 == len(own) else [own[::2], own[1::2]]
        given, slope_of = dict[str, Any](), dict(zip(own, slopes, strict=True))
        for names, x, g in zip(groups, xs, gs, strict=True):
            parts = [np.array_split(v, len(names)) if len(names) > 1 else [v] for v in (x, g)]
            for name, part, slope in zip(names, *parts, strict=True):
                given |= {name: part, slope_of[name]: slope}
        weights = {name: given[name] for name in own}
        known = _known(function, hyper, t) | kept
        if holders:
            returned = function(weights, {name: given[name] for name in slopes}, **known)
        else:
            returned = function(**given, **known)
        weights |= _after(returned, own, kept)
        found = [[weights[name] for name in names] for names in groups]
        return [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in found]

    return step


def _known(function: Any, hyper: Mapping[str, Any], t: int) -> dict[str, Any]:
    """Return the hyperparameters and the number of the step that a function takes; b1 beside db1 is a bias."""
    found, names = counted(function, hyper, t) | taken(function, hyper), {bare(p.name) for p in parameters(function)}
    return {name: value for name, value in found.items() if not gradient_names(name) & names}


def _after(returned: Any, own: list[str], kept: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that a step returned, in their order or by key; keep the state behind them."""
    several = isinstance(returned, tuple | list)
    parts = list(returned) if several else [returned]
    if several and len(parts) >= len(own):
        found, rest = dict(zip(own, parts, strict=False)), parts[len(own) :]
    else:
        held = parts[0] if isinstance(parts[0], dict) else {}
        found, rest = {name: held[name] for name in own if name in held}, parts[1:]
    kept.update(zip(kept, [part for part in rest if isinstance(part, dict)], strict=False))
    return found
