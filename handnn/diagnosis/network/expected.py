"""What a user's numbers are compared with: the right pass, and how far two correct computations may lie apart.

The running error analysis of the right pass in the user's dtype says so, and `SAFETY` leaves room for another order of
operations.
"""

import dataclasses
from typing import Any

import numpy as np

from ...core.variable import Array
from ...rounding import allowance
from ...rounding.bounded import Bounded
from ..reference import SAFETY
from .problem import Problem
from .replay import Expect, Result, replay


class Judge:
    """Compares numbers with those of a pass; allowances come from the rounding of the right pass in that dtype."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        with np.errstate(all="ignore"):
            self.right = replay(problem)
            self.bounded = bounded = replay(
                plain(problem), cast=lambda array: Bounded(np.asarray(array, problem.dtype))
            )
        u = allowance.unit_roundoff(problem.dtype)
        self.loss_bound = _relative(bounded.loss, u)
        self.bounds = {(kind, layer): error_of(tensor, u) for kind, layer, tensor in bounded.tensors()}
        self.relative = {(kind, layer): _relative(tensor, u) for kind, layer, tensor in bounded.tensors()}

    @property
    def doubt(self) -> float:
        """Return the largest share of a tensor that rounding may take, infinite where it cannot be bounded."""
        return max(self.loss_bound, *self.relative.values())

    @property
    def telling(self) -> bool:
        """Whether the slope of every activation shows: some of it is not 1, and every unit hands a gradient on.

        A ReLU of which all inputs are positive hides that its slope was forgotten.
        """
        layers = [at for at in self.right.layers if at.upstream is not None and at.f.name != "linear"]
        shown = [bool(np.any(at.delta != at.upstream) and np.all(np.any(at.delta != 0, axis=0))) for at in layers]
        return all(shown)

    def wrong(self, numbers: Result, expected: Result | None = None) -> list[tuple[str, int]]:
        """Return the tensors that are not those of `expected` (the right pass), in the order of backpropagation."""
        other, fits = (self.right, self._equal) if expected is None else (expected, self._reproduced)
        found = [] if self.loss_fits(numbers.loss, other.loss) else [("loss", -1)]
        pairs = zip(numbers.tensors(), other.tensors(), strict=True)
        return found + [(k, i) for (k, i, mine), (_, _, right) in pairs if not fits(k, i, mine, right)]

    def expecting(self, numbers: Result) -> Expect:
        """Return the question whether a tensor of a pass is that of these numbers."""
        own = {(kind, layer): tensor for kind, layer, tensor in numbers.tensors()}

        def expect(kind: str, layer: int, tensor: Any) -> bool:
            if kind == "loss":
                return self.loss_fits(numbers.loss, tensor)
            return self._reproduced(kind, layer, own[kind, layer], tensor)

        return expect

    def loss_fits(self, loss: float | None, expected: Any) -> bool:
        if loss is None:
            return True
        expected = float(np.asarray(expected))
        return bool(np.isfinite(loss)) and abs(loss - expected) <= SAFETY * self.loss_bound * abs(expected)

    def _equal(self, kind: str, layer: int, mine: Array, right: Array) -> bool:
        if mine.shape != right.shape or not np.isfinite(mine).all():
            return False
        return bool((np.abs(mine - right) <= SAFETY * self.bounds[kind, layer]).all())

    def _reproduced(self, kind: str, layer: int, mine: Array, other: Any) -> bool:
        """Return whether `mine` is `other` up to a share of its largest element."""
        other = np.asarray(other)
        if mine.shape != other.shape or not np.isfinite(mine).all() or not np.isfinite(other).all():
            return False
        size = np.abs(other).max(initial=0.0)
        return bool(np.abs(mine - other).max(initial=0.0) <= SAFETY * self.relative[kind, layer] * size)

    def same(self, one: Result, other: Result) -> bool:
        """Return whether two passes cannot be told apart."""
        return not self.wrong(one.numbers(), other)


def plain(problem: Problem) -> Problem:
    """Return the problem with activations whose bound does not hang on a comparison of z with its own maximum."""
    network = problem.network
    found: Any = tuple(_Plain(f) if f.name == "log_softmax" else f for f in network.activations)
    return dataclasses.replace(problem, network=dataclasses.replace(network, activations=found))


class _Plain:
    """An activation whose forward formula is Keras' own, which is the same function and loses a few digits more."""

    def __init__(self, f: Any) -> None:
        self.f, self.forward = f, f.keras_forward

    def __getattr__(self, name: str) -> Any:
        return getattr(self.f, name)


def error_of(tensor: Any, u: float) -> Array:
    """Return the allowance between two computations of a tensor."""
    value, error = (tensor.value, tensor.error) if isinstance(tensor, Bounded) else (np.asarray(tensor), 0.0)
    found: Array = allowance.of(error + u * np.abs(value.astype("float64")), value.dtype)
    return np.nan_to_num(found, nan=UNBOUNDED, posinf=UNBOUNDED)


UNBOUNDED = 1e200
"""Stands for an allowance that is infinite, and can be multiplied with 0."""


def _relative(tensor: Any, u: float) -> float:
    """Return the allowance as a share of the largest element."""
    value = np.abs(np.asarray(tensor.value if isinstance(tensor, Bounded) else tensor, "float64"))
    share = np.max(error_of(tensor, u), initial=0.0) / max(np.max(value, initial=0.0), 1e-300)
    return float(np.nan_to_num(share, nan=UNBOUNDED, posinf=UNBOUNDED))
