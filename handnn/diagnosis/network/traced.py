"""A user's numbers of one batch, in handnn's notation, for `handnn trace FILE.py`: element beside element."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ...rounding import allowance
from ..reference import SAFETY
from ..user.call.calling import described
from .expected import Judge, error_of
from .layout import UnreadableError
from .problem import Network, Problem
from .reading import attempts, every_factor

MORE = re.compile(r"(z|a|delta|dz|residual|dx)_?(\d+)")
"""Names under which a dict of gradients may hold other tensors of layer 1, 2, ..."""
SCALED = ("delta", "dx")


class Tensor(NamedTuple):
    """A user's tensor, and which of its elements are not right; None where its shape is another."""

    value: Array
    off: Array | None


class Traced(NamedTuple):
    """A user's tensors by (layer number, name), the loss by (-1, 'loss'); `convention` in words."""

    tensors: dict[tuple[int, str], Tensor]
    convention: list[str]


def traced(function: Any, network: Network, problem: Problem, dtype: str, **declared: str) -> Traced:
    """Return what a function gives on this batch, after undoing the convention that is found out on other batches.

    Args:
        function: as for `check_network`. network: what it is meant to be. problem: weights and samples.
        dtype: of what the function is given. declared: choices of `CHOICES` that need not be found out.
    """
    try:
        best = attempts(function, network, dtype, declared)[0][0].fit
        own = best.layout.put(best.subject, problem)
        factor = next(own for own, words in every_factor(problem, network) if words == best.factor)
        numbers = best.layout.result(own).scaled(1 / factor)
        returned = own.world()[0]["forward"]
    except UnreadableError as error:
        raise ValueError(f"the function cannot be traced: {error}") from None
    except Exception as error:  # a user's code may raise anything
        raise ValueError(f"the function cannot be traced: {described(error)}") from None
    tensors = {(i, kind): value for kind, i, value in numbers.tensors()} | _more(returned, best.layout.columns, factor)
    if numbers.loss is not None:
        tensors[-1, "loss"] = np.asarray(numbers.loss)
    return Traced(_held(tensors, problem), best.said)


def _more(returned: Any, columns: bool, factor: float) -> dict[tuple[int, str], Array]:
    """Return z, a, delta and dx of layers, where the gradients are a dict that holds them."""
    dicts = [
        part for part in (returned if isinstance(returned, tuple | list) else [returned]) if isinstance(part, Mapping)
    ]
    found: dict[tuple[int, str], Array] = {}
    for key, value in dicts[-1].items() if dicts else ():
        match = MORE.fullmatch(str(key).lower())
        if match is not None:
            name = {"dz": "delta", "residual": "delta"}.get(match[1], match[1])
            own = np.asarray(value, "float64").T if columns else np.asarray(value, "float64")
            found[int(match[2]) - 1, name] = own / factor if name in SCALED else own
    return found


def _held(found: dict[tuple[int, str], Array], problem: Problem) -> dict[tuple[int, str], Tensor]:
    """Hold every tensor against the right pass; what two correct computations may differ by comes from rounding."""
    judge, u = Judge(problem), allowance.unit_roundoff(problem.dtype)
    tensors = {}
    for (i, name), value in found.items():
        exact, bounded = _of(judge.right, i, name), _of(judge.bounded, i, name)
        off = None
        if exact is not None and np.shape(exact) == value.shape:
            with np.errstate(invalid="ignore"):
                off = ~(np.abs(value - exact) <= SAFETY * error_of(bounded, u))
        if exact is not None:
            tensors[i, name] = Tensor(value, off)
    return tensors


def _of(result: Any, i: int, name: str) -> Any:
    if name == "loss":
        return result.loss
    if not 0 <= i < len(result.layers) or (name == "dx" and not i):
        return None
    return result.layers[i - 1].upstream if name == "dx" else getattr(result.layers[i], name)
