"""Which known mistakes reproduce a user's numbers to rounding: alone first, then in pairs.

The network is replayed with each candidate planted, and the gradients compared with the user's. What is called
'reproduced' is derived from rounding: the running error analysis of the right pass says how far two correct
computations in the user's dtype may lie apart, and `SAFETY` leaves room for another order of operations.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..variable import Array
from ..verify import allowance
from ..verify.rounding import Bounded
from .bank import mistakes
from .problem import Problem
from .replay import BACKWARD, FORWARD, Plant, Result, UnlikeError, replay

SAFETY = 8.0
"""A user's formula may round several times where handnn's rounds once."""


class Numbers(NamedTuple):
    """What a user's function returned, in handnn's notation; `loss` is None if it returned gradients only."""

    loss: float | None
    kernels: list[Array]
    biases: list[Array]

    def tensors(self) -> list[tuple[str, int, Array]]:
        return Result(self.loss, self.kernels, self.biases, []).tensors()

    def scaled(self, factor: float, loss_factor: float | None = None) -> "Numbers":
        """Return loss and gradients multiplied by constants."""
        by = factor if loss_factor is None else loss_factor
        loss = None if self.loss is None else self.loss * by
        return Numbers(loss, [k * factor for k in self.kernels], [b * factor for b in self.biases])


class Judge:
    """Compares numbers with those of a pass; allowances come from the rounding of the right pass in that dtype."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.right = replay(problem)
        with np.errstate(all="ignore"):
            bounded = replay(problem, cast=lambda array: Bounded(np.asarray(array, problem.dtype)))
        u = allowance.unit_roundoff(problem.dtype)
        self.loss_bound = _relative(bounded.loss, u)
        self.bounds = {(kind, layer): _error(tensor, u) for kind, layer, tensor in bounded.tensors()}
        self.relative = {(kind, layer): _relative(tensor, u) for kind, layer, tensor in bounded.tensors()}

    def wrong(self, numbers: Numbers, expected: Result | None = None) -> list[tuple[str, int]]:
        """Return the tensors that are not those of `expected` (the right pass), in the order of backpropagation."""
        if expected is None:
            found = [] if self.loss_fits(numbers.loss, self.right.loss) else [("loss", -1)]
            pairs = zip(numbers.tensors(), self.right.tensors(), strict=True)
            return found + [(k, i) for (k, i, mine), (_, _, right) in pairs if not self._equal(k, i, mine, right)]
        found = [] if self.loss_fits(numbers.loss, expected.loss) else [("loss", -1)]
        pairs = zip(numbers.tensors(), expected.tensors(), strict=True)
        return found + [(k, i) for (k, i, mine), (_, _, other) in pairs if not self._reproduced(k, i, mine, other)]

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
        return not self.wrong(Numbers(float(np.asarray(one.loss)), *map(_arrays, (one.kernels, one.biases))), other)


def _arrays(tensors: Iterable[Any]) -> list[Array]:
    return [np.asarray(tensor, "float64") for tensor in tensors]


def _error(tensor: Any, u: float) -> Array:
    """Return the allowance between two computations of a tensor."""
    value, error = (tensor.value, tensor.error) if isinstance(tensor, Bounded) else (np.asarray(tensor), 0.0)
    return allowance.of(error + u * np.abs(value.astype("float64")), value.dtype)


def _relative(tensor: Any, u: float) -> float:
    """Return the allowance as a share of the largest element."""
    value = np.abs(np.asarray(tensor.value if isinstance(tensor, Bounded) else tensor, "float64"))
    return float(np.max(_error(tensor, u), initial=0.0) / max(np.max(value, initial=0.0), 1e-300))


class Found(NamedTuple):
    """Mistakes that together reproduce the numbers; `alternatives` do so too and cannot be told apart here."""

    plants: tuple[Plant, ...]
    alternatives: tuple[tuple[Plant, ...], ...] = ()


class Search:
    """Replays candidates on several draws of one network; a name must fit on all of them."""

    def __init__(self, judges: list[Judge], without: Iterable[str] = ()) -> None:
        self.judges = judges
        self._touched: dict[Plant, frozenset[tuple[str, int]]] = {}
        self.candidates = self._candidates(frozenset(without))

    def _candidates(self, without: frozenset[str]) -> list[Plant]:
        """Return every plant that makes a difference on the first problem, equal ones once and widest first."""
        judge, found = self.judges[0], []
        for name, mistake in mistakes.items():
            if name in without:
                continue
            layers = [at.layer for at in judge.right.layers if mistake.applies(at)]
            if mistake.step in ("values", "loss", "slopes"):
                layers = [layer for layer in layers if layer == judge.right.layers[-1].layer]
            scopes: list[int | None] = list(layers)
            if len(layers) > 1:
                scopes = [None, *layers]
            found += [Plant(mistake, scope) for scope in scopes]
        self.passes = {plant: self._replay(0, (plant,)) for plant in found}
        return [plant for plant in found if (p := self.passes[plant]) is not None and not judge.same(judge.right, p)]

    def _replay(self, i: int, plants: tuple[Plant, ...]) -> Result | None:
        try:
            with np.errstate(all="ignore"):
                return replay(self.judges[i].problem, plants, right=self.judges[i].right)
        except ValueError:  # a wrong shape that goes no further
            return None

    def find(self, numbers: list[Numbers], pairs: bool | None = None) -> Found | None:
        """Return the mistakes that reproduce these numbers, one entry for each problem; None if none of the bank do.

        Mistakes alone are tried first, then pairs; `pairs` False or True tries only the ones or the others.
        """
        first = numbers[0]
        wrong = self.judges[0].wrong(first)
        singles = [] if pairs else [(plant,) for plant in self.candidates if self._fits((plant,), numbers)]
        if singles:
            return Found(singles[0], tuple(singles[1:]))
        if pairs is False or self.uniform(first):
            return None  # two mistakes that only multiply everything explain less than the factor does
        both = [pair for pair in self._pairs(first, wrong) if self._fits(pair, numbers)]
        return Found(both[0], tuple(both[1:])) if both else None

    def _fits(self, plants: tuple[Plant, ...], numbers: list[Numbers]) -> bool:
        """Return whether these mistakes give these numbers; a replay ends at the first tensor that differs."""
        for judge, mine in zip(self.judges, numbers, strict=True):
            own = {(kind, layer): tensor for kind, layer, tensor in mine.tensors()}

            def expect(
                kind: str, layer: int, tensor: Any, judge: Judge = judge, mine: Any = mine, own: Any = own
            ) -> bool:
                if kind == "loss":
                    return judge.loss_fits(mine.loss, tensor)
                return judge._reproduced(kind, layer, own[kind, layer], tensor)

            try:
                with np.errstate(all="ignore"):
                    replay(judge.problem, plants, right=judge.right, expect=expect)
            except (UnlikeError, ValueError):  # ValueError: a wrong shape that goes no further
                return False
        return True

    def uniform(self, numbers: Numbers) -> bool:
        """Return whether every gradient is the right one times the same constant."""
        judge = self.judges[0]
        if not judge.loss_fits(numbers.loss, judge.right.loss):
            return False
        _, _, mine = numbers.tensors()[0]
        right = np.asarray(judge.right.tensors()[0][2])
        if mine.shape != right.shape or not right.any():
            return False
        ratio = float((mine * right).sum() / (right * right).sum())
        return ratio != 0 and not judge.wrong(Numbers(None, numbers.kernels, numbers.biases).scaled(1 / ratio))

    def _pairs(self, first: Numbers, wrong: list[tuple[str, int]]) -> list[tuple[Plant, ...]]:
        """Return pairs worth replaying.

        Neither of the two may spoil a tensor that is right in the numbers: a pair that cancels out in one place
        explains less than a mistake that never was there. And either one of them alone puts the first wrong tensor
        right, and something below is left to explain; or both have a part in that tensor.
        """
        judge, spoilt = self.judges[0], set(wrong)
        useful = [plant for plant in self.candidates if self.touched(plant) <= spoilt]
        if not wrong:
            return []
        top = wrong[0]
        touching = [plant for plant in useful if top in self.touched(plant)]
        kept = []
        for plant in touching:
            still = judge.wrong(first, self.passes[plant])
            if top not in still and (not still or _order(still[0], judge) > _order(top, judge)):
                kept.append(plant)
        found = [(p, q) for p in kept for q in useful] + [(p, q) for p in touching for q in touching]
        unique: dict[tuple[Plant, ...], None] = {}
        for p, q in found:
            if p.mistake is q.mistake or _twins(p, q):
                continue
            ordered = (p, q) if p.mistake.step == q.mistake.step else tuple(sorted((p, q), key=_place))
            unique[ordered] = None
        return list(unique)

    def touched(self, plant: Plant) -> frozenset[tuple[str, int]]:
        """Return the tensors that a mistake alone makes wrong."""
        if plant not in self._touched:
            result = self.passes[plant]
            assert result is not None
            self._touched[plant] = frozenset(self.judges[0].wrong(_numbers(result)))
        return self._touched[plant]


def _twins(one: Plant, other: Plant) -> bool:
    """Return whether the two are one slip in dW and db of the same place: then it is in delta, with another name."""
    steps = {one.mistake.step, other.mistake.step}
    names = {one.mistake.name.replace("dW", "db"), other.mistake.name.replace("dW", "db")}
    return steps == {"dW", "db"} and one.layer == other.layer and len(names) == 1


def _numbers(result: Result) -> Numbers:
    return Numbers(float(np.asarray(result.loss)), _arrays(result.kernels), _arrays(result.biases))


def _order(tensor: tuple[str, int], judge: Judge) -> int:
    kind, layer = tensor
    return -1 if kind == "loss" else 2 * (len(judge.right.kernels) - 1 - layer) + (kind == "db")


def _place(plant: Plant) -> tuple[int, int, str]:
    steps = (*FORWARD, *BACKWARD)
    return steps.index(plant.mistake.step), -1 if plant.layer is None else plant.layer, plant.mistake.name
