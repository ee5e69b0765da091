"""Which known mistakes reproduce a user's numbers to rounding: alone first, then in pairs.

The network is replayed with each candidate planted, and the gradients compared with the user's by a `Judge`.
"""

import copy
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ..bank import mistakes
from .expected import Judge
from .replay import BACKWARD, FORWARD, Expect, Planted, Result, UnlikeError, replay


class Explanation(NamedTuple):
    """Mistakes that together reproduce the numbers; `alternatives` do so too and cannot be told apart here."""

    plants: tuple[Planted, ...]
    alternatives: tuple[tuple[Planted, ...], ...] = ()


class Search:
    """Replays candidates on several draws of one network; a name must fit on all of them.

    `candidates` are the plants that make a difference on the first problem, widest first; `passes` what they give.
    """

    def __init__(self, judges: list[Judge]) -> None:
        self.judges = judges
        self.passes = {plant: self.replay((plant,)) for plant in self._plants()}
        right = judges[0].right
        differing = {
            p: r for p, r in self.passes.items() if r is not None and _finite(r) and not judges[0].same(right, r)
        }
        self.candidates = list(differing)
        self.touched = {p: frozenset(judges[0].wrong(r.numbers())) for p, r in differing.items()}
        """The tensors that a mistake alone makes wrong."""
        self.reach = {p: _reach(p, len(right.kernels)) for p in differing}

    def left_out(self, names: Iterable[str]) -> "Search":
        """Return this search without some mistakes."""
        other = copy.copy(self)
        left = frozenset(names)
        other.candidates = [plant for plant in self.candidates if plant.mistake.name not in left]
        return other

    def _plants(self) -> Iterator[Planted]:
        judge = self.judges[0]
        for _, mistake in mistakes.items():
            layers = [at.layer for at in judge.right.layers if mistake.applies(at)]
            if mistake.step in ("values", "loss", "slopes"):
                layers = [layer for layer in layers if layer == judge.right.layers[-1].layer]
            if len(layers) > 1:
                yield Planted(mistake, None)
            yield from (Planted(mistake, layer) for layer in layers)

    def replay(self, plants: tuple[Planted, ...], i: int = 0, expect: Expect | None = None) -> Result | None:
        """Return the pass of a draw with these mistakes; None if it fails or is not what is expected."""
        judge, more = self.judges[i], {} if expect is None else {"expect": expect}
        try:
            with np.errstate(all="ignore"):
                return replay(judge.problem, plants, base=judge.right, **more)  # type: ignore[arg-type]
        except (UnlikeError, ValueError):  # ValueError: a wrong shape that goes no further
            return None

    def find(self, numbers: list[Result], pairs: bool | None = None) -> Explanation | None:
        """Return the mistakes that reproduce these numbers, one entry for each problem; None if none of the bank do.

        Mistakes alone are tried first, then pairs; `pairs` False or True tries only the ones or the others.
        """
        wanted = _Wanted(self, numbers[0])
        others = list(enumerate(numbers))[1:]

        def fits(plants: tuple[Planted, ...]) -> bool:
            here = wanted.one(*plants) if len(plants) == 1 else wanted.two(*plants)
            return here and all(self._fits(plants, i, mine) for i, mine in others)

        singles = [] if pairs else [(plant,) for plant in self.candidates if fits((plant,))]
        if singles:
            return Explanation(singles[0], tuple(singles[1:]))
        if pairs is False or self.uniform(numbers[0]):
            return None  # two mistakes that only multiply everything explain less than the factor does
        both = [pair for pair in self._pairs(wanted) if fits(pair)]
        return Explanation(both[0], tuple(both[1:])) if both else None

    def _fits(self, plants: tuple[Planted, ...], i: int, mine: Result) -> bool:
        """Return whether these mistakes give these numbers on another draw."""
        judge = self.judges[i]
        result = self.replay(plants, i, expect=judge.expecting(mine))
        return result is not None and not judge.wrong(mine, result)

    def uniform(self, numbers: Result) -> bool:
        """Return whether every gradient is the right one times the same constant."""
        judge = self.judges[0]
        if not judge.loss_fits(numbers.loss, judge.right.loss):
            return False
        _, _, mine = numbers.tensors()[0]
        right = np.asarray(judge.right.tensors()[0][2])
        if mine.shape != right.shape or not right.any():
            return False
        ratio = float((mine * right).sum() / (right * right).sum())
        return ratio != 0 and not judge.wrong(Result(None, numbers.kernels, numbers.biases).scaled(1 / ratio))

    def _pairs(self, wanted: "_Wanted") -> list[tuple[Planted, ...]]:
        """Return pairs worth replaying.

        Neither of the two may spoil a tensor that is right in the numbers: a pair that cancels out in one place
        explains less than a mistake that never was there. And either one of them alone puts the first wrong tensor
        right, and something below is left to explain; or both have a part in that tensor.
        """
        if not wanted.wrong:
            return []
        spoilt, top = set(wanted.wrong), wanted.wrong[0]
        useful = [plant for plant in self.candidates if self.touched[plant] <= spoilt]
        touching = [plant for plant in useful if top in self.touched[plant]]
        kept = [plant for plant in touching if wanted.down_to(plant, top)]
        found = [(p, q) for p in kept for q in useful] + [(p, q) for p in touching for q in touching]
        unique: dict[tuple[Planted, ...], None] = {}
        for p, q in found:
            if p.mistake is q.mistake or _twins(p, q) or _one_bias(p, q):
                continue
            ordered = (p, q) if _place(p) <= _place(q) else (q, p)
            unique[ordered] = None
            if p.mistake.step == q.mistake.step and (p.layer == q.layer or None in (p.layer, q.layer)):
                unique[ordered[::-1]] = None  # which of the two comes first may make a difference
        return list(unique)


class _Wanted:
    """The numbers looked for, and which passes of the first draw agree with them where."""

    def __init__(self, search: Search, numbers: Result) -> None:
        self.search, self.judge, self.numbers = search, search.judges[0], numbers
        self.wrong = self.judge.wrong(numbers)
        self.own = {(kind, layer): tensor for kind, layer, tensor in numbers.tensors()}
        self.places = [LOSS, *self.own]
        self.expect = self.judge.expecting(numbers)
        self._agreed: dict[tuple[Planted, tuple[str, int]], bool] = {}

    def agrees(self, plant: Planted, place: tuple[str, int]) -> bool:
        """Return whether one mistake alone gives this tensor."""
        result = self.search.passes[plant]
        assert result is not None
        kind, layer = place
        tensor = result.loss if kind == "loss" else (result.kernels if kind == "dW" else result.biases)[layer]
        if (plant, place) not in self._agreed:
            self._agreed[plant, place] = self.expect(kind, layer, tensor)
        return self._agreed[plant, place]

    def one(self, plant: Planted) -> bool:
        return all(self.agrees(plant, place) for place in self.places)

    def two(self, p: Planted, q: Planted) -> bool:
        """Return whether two together give the numbers: what only one reaches is known, the rest is replayed."""
        reach = self.search.reach
        if not all(self.agrees(p, place) for place in self.places if place not in reach[q]):
            return False
        if not all(self.agrees(q, place) for place in self.places if place not in reach[p]):
            return False
        result = self.search.replay((p, q), expect=self.expect)
        return result is not None and not self.judge.wrong(self.numbers, result)

    def down_to(self, plant: Planted, top: tuple[str, int]) -> bool:
        """Return whether one mistake alone gives every tensor down to this one."""
        return all(self.agrees(plant, place) for place in self.places[: self.places.index(top) + 1])


LOSS = ("loss", -1)


def _finite(result: Result) -> bool:
    return all(bool(np.isfinite(part).all()) for part in (result.loss, *result.kernels, *result.biases))


def _reach(plant: Planted, depth: int) -> frozenset[tuple[str, int]]:
    """Return the tensors that a mistake may have a part in."""
    step, last = plant.mistake.step, depth - 1
    if step in ("values", "loss"):
        return frozenset([LOSS])
    if step in ("dW", "db"):
        return frozenset((step, i) for i in range(depth) if plant.layer in (None, i))
    layer = last if plant.layer is None or step not in BACKWARD else plant.layer
    below = range(layer) if step == "dx" else range(layer + 1)
    gradients = [(kind, i) for kind in ("dW", "db") for i in below]
    return frozenset(gradients if step in BACKWARD else [LOSS, *gradients])


def _twins(one: Planted, other: Planted) -> bool:
    """Return whether the two are one slip in dW and db of the same place: then it is in delta, with another name."""
    steps = {one.mistake.step, other.mistake.step}
    names = {plant.mistake.name.replace("dW", "db").removesuffix(" again") for plant in (one, other)}
    return steps == {"dW", "db"} and one.layer == other.layer and len(names) == 1


def _one_bias(one: Planted, other: Planted) -> bool:
    """Return whether both are about the bias in the same z: a bias added twice and subtracted is a bias forgotten."""
    steps = {one.mistake.step, other.mistake.step}
    return steps == {"z"} and (one.layer == other.layer or None in (one.layer, other.layer))


def _place(plant: Planted) -> tuple[int, int, str]:
    steps = (*FORWARD, *BACKWARD)
    return steps.index(plant.mistake.step), -1 if plant.layer is None else plant.layer, plant.mistake.name
