"""Which argument is which in a user's function: by the names of its parameters, else every order is tried."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..user.source.words import LABELS, PREDICTED, UPSTREAM

Words = dict[str, tuple[str, ...]]

ACTIVATION: Words = {
    "z": ("z", "v", "net", "pre", "preactivation", "preact", "weighted", "logit", "logits", "zin"),
    "a": ("a", "out", "output", "outputs", "activation", "activated", "h", "p", "probs", "act", "post", "s", "y"),
    "u": UPSTREAM,
}
LOSS: Words = {"true": tuple(word for word in LABELS if word not in ("y", "ys")), "pred": PREDICTED}


class Order(NamedTuple):
    """The roles of a function's arguments in its order; `sure` if its parameter names say so themselves."""

    roles: tuple[str, ...]
    sure: bool


def count(function: Callable[..., Any]) -> int | None:
    """Return how many arguments a function needs; None if that cannot be known."""
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty for p in parameters)


def names(function: Callable[..., Any]) -> list[str]:
    """Return a function's parameter names in small letters without underscores."""
    try:
        found = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
    return [name.lower().replace("_", "") for name in found]


def orders(function: Callable[..., Any], words: Words, possible: Sequence[tuple[str, ...]]) -> list[Order]:
    """Return the possible roles of a function's arguments, those that its parameter names allow.

    Where the names contradict every possible order they say nothing, and all orders of that length are returned.
    """
    needed = count(function)
    fitting = [roles for roles in possible if needed is None or len(roles) == needed]
    said = [next((role for role, known in words.items() if name in known), "") for name in names(function)]
    if words is LOSS:
        said = _of_two(names(function), said)
    allowed = [r for r in fitting if all(not own or own == role for own, role in zip(said, r, strict=False))]
    sure = len(allowed) == 1 and len(fitting) > 1
    return [Order(roles, sure) for roles in allowed or fitting]


def _of_two(given: list[str], said: list[str]) -> list[str]:
    """Return the roles of a loss' arguments: a single letter says something only beside another name that does.

    y is whatever the other one is not: (y, a) are target and output, (y, t) output and target.
    """
    for i in (0, 1):
        if len(given) > 1 and given[i] == "y" and said[1 - i]:
            said[i] = "pred" if said[1 - i] == "true" else "true"
    known = [role for role in said[:2] if role]
    return [role if len(name) > 1 or len(known) == 2 else "" for role, name in zip(said, given, strict=False)]
