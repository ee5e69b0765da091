"""Optimizers whose step takes each parameter and each gradient by itself: step(weights, biases, grad_w, grad_b)."""

from collections.abc import Callable, Mapping
from typing import Any

from ..protocols import Array
from ..source.words import is_gradient
from .hyper import counted, free_of, taken

APART = "called with each parameter and each gradient by itself"


def steps_apart(
    start: Callable[[], Any], hyper: Mapping[str, Any]
) -> Callable[[list[Array], list[Array], int], list[Any]]:
    """Return a step by a function that `start` makes, which takes parameters and gradients one by one, in any order."""
    made: list[Any] = []

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        if not made:
            made.append(start())
        known = counted(made[0], hyper, t) | taken(made[0], hyper)
        names = [p.name for p in free_of(made[0], hyper) if p.default is p.empty and p.name not in known]
        slopes = [name for name in names if is_gradient(name)]
        own = [name for name in names if name not in slopes]
        if not (len(slopes) == len(gs) and len(own) == len(xs)):
            raise TypeError(f"it takes {len(own)} parameters and {len(slopes)} gradients by their names")
        returned = made[0](**dict(zip(own, xs, strict=True)), **dict(zip(slopes, gs, strict=True)), **known)
        several = isinstance(returned, tuple | list) and len(returned) == len(xs)
        return list(returned) if several else xs

    return step
