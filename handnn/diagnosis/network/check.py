"""`check_network`: somebody's loss and gradients of a network, judged and, where they are wrong, explained."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...rounding import allowance
from .. import verdict
from ..call.call import Call, as_function, call
from ..call.results import UnreadableError, loss_and_gradients
from ..variants import FACTORS, as_far_as_float32, of_network
from ..verdict import Verdict
from .conventions import CHOICES, Convention, candidates
from .expected import Judge
from .explain import named, unnamed
from .problem import Network, Problem, draw, parse
from .replay import Result, replay
from .search import Explanation, Search

SEEDS = (0, 1)
"""A name must fit on as many draws of weights and samples."""


class Attempt(NamedTuple):
    """A call in one convention: numbers, or why there are none.

    `score` is 0 for right, higher for worse; `scale` is which of `factors` the loss has, in `words`.
    """

    convention: Convention
    problem: Problem
    numbers: Result | None
    call: Call
    complaint: str
    score: int
    scale: int = 0
    words: str = ""

    @property
    def said(self) -> list[str]:
        """In what it differs from handnn's notation, in words."""
        plain = Convention(labels=self.convention.labels)
        return [*self.convention.differences(plain), *([self.words] if self.words else [])]


def check_network(
    function: Any,
    network: str | Network,
    *,
    dtype: str = "float64",
    l2: float = 0.0,
    name: str = "",
    without: tuple[str, ...] = (),
    **convention: str,
) -> Verdict:
    """Judge a function of (parameters, x, y) that returns loss and gradients of a network of dense layers.

    Args:
        function: or an object with a `loss(X, y)` method and weights W1, b1, ...
        network: a layer string such as '4-5-3 tanh softmax categorical_crossentropy'.
        dtype: of what the function is given.
        l2: factor of the penalty l2 sum W^2 that the loss is meant to have.
        name: what to call it. without: names of mistakes to leave out of the bank.
        convention: `Convention`'s fields, where they should not be found out: samples='columns', ...
    """
    target = parse(network, l2) if isinstance(network, str) else network
    for key in convention:
        if key not in CHOICES:
            raise TypeError(f"unknown convention {key!r}; the conventions are {', '.join(CHOICES)}")
    subject = name or getattr(function, "__name__", type(function).__name__)
    checker = _Checker(as_function(function), target, dtype, convention, without)
    again = {"l2": l2, "name": name, "without": without, **convention}
    return as_far_as_float32(
        checker.verdict(f"{subject} ({target})"),
        dtype,
        lambda single: check_network(function, network, dtype=single, **again),  # type: ignore[arg-type]
    )


class Understood:
    """Finds out in which convention a function is written."""

    def __init__(
        self, function: Callable[..., Any], network: Network, dtype: str, declared: dict[str, str],
        without: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.function, self.network, self.dtype, self.declared = function, network, dtype, declared
        self.without = without
        self.fitting: list[Attempt] = []

    def judge(self, one_hot: bool, seed: int) -> Judge:
        return judge_of(self.network, self.dtype, seed, one_hot)

    def best(self) -> Attempt:
        """Return the attempt in the convention that fits best, the usual one first."""
        best: Attempt | None = None
        for convention in self.conventions():
            attempt = self.attempt(convention, SEEDS[0])
            if attempt.score == LOSS_FITS:
                attempt = self._unless_by_chance(attempt)
            new = not any(_equal(attempt.numbers, other.numbers) for other in self.fitting)
            if attempt.score == SHAPES_FIT and new:
                self.fitting.append(attempt)
            if best is None or attempt.score < best.score:
                best = attempt
            if best.score <= LOSS_FITS:
                break
        assert best is not None
        return best

    def _unless_by_chance(self, attempt: Attempt) -> Attempt:
        """Return an attempt whose loss fits as one whose loss does not, if it fits on the first draw only.

        Among so many conventions and factors some loss is near another one by chance, once in a thousand functions.
        """
        others = [self.attempt(attempt.convention, seed) for seed in SEEDS[1:]]
        if all(other.score <= LOSS_FITS and other.scale == attempt.scale for other in others):
            return attempt
        assert attempt.numbers is not None
        factor = factors(attempt.problem, self.network)[attempt.scale][0]
        return attempt._replace(numbers=attempt.numbers.scaled(factor), score=SHAPES_FIT, scale=0, words="")

    def conventions(self) -> Iterator[Convention]:
        labelled = self.network.loss.targets in ("one_hot", "labels", "binary")
        signs = (self.declared["bias_sign"],) if "bias_sign" in self.declared else ("added", "subtracted")
        for sign in signs:
            yield from candidates(self.declared | {"bias_sign": sign}, labelled)

    def attempt(self, convention: Convention, seed: int) -> Attempt:
        """Call the function in one convention."""
        judge = self.judge(convention.labels in HARD, seed)
        arguments = convention.arguments(judge.problem)
        made = call(self.function, *arguments)
        complaint = made.error or ""
        if made.error is None:
            try:
                loss, gradients = loss_and_gradients(made.returned)
                numbers = Result(loss, *convention.gradients(gradients, judge.problem))
                return self._scored(convention, judge, numbers, made)
            except UnreadableError as error:
                complaint = str(error)
        return Attempt(convention, judge.problem, None, made, complaint, RAISED if made.error else UNREADABLE)

    def _scored(self, convention: Convention, judge: Judge, numbers: Result, made: Call) -> Attempt:
        shapes = [W.shape for W in judge.problem.kernels]
        if not all(np.isfinite(tensor).all() for _, _, tensor in numbers.tensors()):
            return Attempt(convention, judge.problem, None, made, "it returns NaN or infinity", NO_NUMBERS)
        for i, (factor, said) in enumerate(factors(judge.problem, self.network)):
            scaled = numbers.scaled(1 / factor)
            if numbers.loss is None:
                if not judge.wrong(scaled):
                    return Attempt(convention, judge.problem, scaled, made, "", RIGHT, i, said)
            elif judge.loss_fits(scaled.loss, judge.right.loss):
                right = not judge.wrong(scaled)
                return Attempt(convention, judge.problem, scaled, made, "", RIGHT if right else LOSS_FITS, i, said)
        fitting = sum(dW.shape == shape for dW, shape in zip(numbers.kernels, shapes, strict=True))
        score = SHAPES_FIT if fitting == len(shapes) else SHAPES_FIT + 1
        return Attempt(convention, judge.problem, numbers, made, "", score)

    def numbers(self, best: Attempt, seed: int) -> Result | None:
        """Return the numbers of another draw, in the best attempt's convention and scale."""
        attempt = self.attempt(best.convention, seed)
        if attempt.numbers is None:
            return None
        options = factors(attempt.problem, self.network)
        return attempt.numbers.scaled(options[attempt.scale][0] / options[best.scale][0])


class _Checker(Understood):
    """Judges the function in its convention."""

    def verdict(self, subject: str) -> Verdict:  # noqa: PLR0911 (one return for each way it may end)
        best = self.best()
        if best.numbers is None:
            return Verdict(subject, "broken", best.complaint, notes=best.call.notes)
        again = self.attempt(best.convention, SEEDS[0])
        if again.numbers is not None and not _equal(best.numbers, again.numbers):
            text = "two calls with the same arguments return different numbers: it keeps state between calls"
            return Verdict(subject, "broken", text)
        notes, words = best.call.notes, best.said
        if best.call.changed:
            plural = "s" * (len(best.call.changed) > 1)
            summary = f"it changes its argument{plural} {' and '.join(best.call.changed)} in place"
            return Verdict(subject, "broken", summary, convention=words, notes=notes)
        numbers: list[Any] = [best.numbers, *(self.numbers(best, seed) for seed in SEEDS[1:])]
        if any(n is None for n in numbers):
            return Verdict(subject, "broken", "it fails on other numbers of the same shapes", notes=notes)
        judges = [self.judge(best.convention.labels in HARD, seed) for seed in SEEDS]
        wrong = [judge.wrong(n) for judge, n in zip(judges, numbers, strict=True) if n is not None]
        if not any(wrong):
            return verdict.found_right(subject, "loss and gradients agree to rounding", words, notes)
        form = self.other_form(best, [n for n in numbers if n is not None])
        if form:
            return verdict.found_right(subject, "", [form, *words])
        search = search_of(self.network, self.dtype, best.convention.labels in HARD).left_out(self.without)
        if best.score > LOSS_FITS:
            explained = self.forward_mistake(search, best)
            if explained is not None:
                found, best, numbers = explained
                words = best.said
                return named(subject, found, judges[0], numbers[0], words, notes)
        assert numbers[0] is not None
        found_here = search.find([n for n in numbers if n is not None])
        if found_here is not None:
            said = named(subject, found_here, judges[0], numbers[0], words, notes)
            if best.convention.bias_sign == "subtracted" and "sign of db" in said.mistakes:
                others = [name for name in said.mistakes if name != "sign of db"]
                said.alternatives.append([*others, "bias subtracted"])
            return said
        first = wrong[0][0] if wrong[0] else wrong[-1][0]
        return unnamed(subject, first, judges[0], numbers[0], words, notes)

    def other_form(self, best: Attempt, numbers: list[Result]) -> str:
        """Return with which argument of an activation the function is right, in words; '' with none.

        `numbers` are those of every draw, in the scale of the best attempt.
        """
        judges = [self.judge(best.convention.labels in HARD, seed) for seed in SEEDS]
        for other, words in of_network(self.network):
            problems = [replace(judge.problem, network=other) for judge in judges]
            losses = [float(np.asarray(replay(problem).loss)) for problem in problems]
            for scales in zip(*(factors(problem, other) for problem in problems), strict=False):
                own = [n.scaled(1 / factor) for n, (factor, _) in zip(numbers, scales, strict=True)]
                near = [n.loss is None or abs(n.loss - a) <= NEAR * abs(a) for n, a in zip(own, losses, strict=True)]
                if all(near) and not any(Judge(p).wrong(n) for p, n in zip(problems, own, strict=True)):
                    return "; ".join(filter(None, (f"it has {words}", scales[0][1])))
        return ""

    def forward_mistake(self, search: Search, best: Attempt) -> tuple[Explanation, Attempt, list[Any]] | None:
        """Return what explains a wrong loss; nothing tells the convention then, so all whose shapes fit are tried."""
        tried = []
        for fitting in self.fitting:
            calls = [fitting, *(self.attempt(fitting.convention, seed) for seed in SEEDS[1:])]
            if any(attempt.numbers is None for attempt in calls):
                continue
            options = [factors(attempt.problem, self.network) for attempt in calls]
            for i, (_, said) in enumerate(options[0]):
                numbers = [
                    attempt.numbers.scaled(own[attempt.scale][0] / own[i][0])  # type: ignore[union-attr]
                    for attempt, own in zip(calls, options, strict=True)
                ]
                tried.append((calls[0]._replace(scale=i, words=said), numbers))
        for pairs in (False, True):
            for attempt, numbers in tried:
                found = search.find(numbers, pairs=pairs)
                if found is not None:
                    return found, attempt, numbers
        return None


@lru_cache(maxsize=32)
def judge_of(network: Network, dtype: str, seed: int, one_hot: bool) -> Judge:
    """Return the judge of one draw, the first on which something can be told, or else the best.

    Draws are the same every time, so that it is worth keeping.
    """
    judges: list[Judge] = []
    for again in range(DRAWS):
        judges.append(Judge(draw(network, seed, dtype, one_hot, again=again)))
        if judges[-1].telling and judges[-1].doubt <= allowance.unit_roundoff(dtype) ** (1 / 3):
            return judges[-1]
    return min(judges, key=lambda judge: (not judge.telling, judge.doubt))


NEAR = 1e-4
"""A loss that is nearer is held against another form of the network in earnest."""
DRAWS = 10
"""How often weights are drawn anew where rounding takes more than two thirds of the digits, or no slope shows."""


@lru_cache(maxsize=8)
def search_of(network: Network, dtype: str, one_hot: bool) -> Search:
    """Return the search over all draws."""
    return Search([judge_of(network, dtype, seed, one_hot) for seed in SEEDS])


HARD = ("one_hot", "integers")
RIGHT, LOSS_FITS, SHAPES_FIT, NO_NUMBERS, UNREADABLE, RAISED = 0, 1, 2, 4, 5, 6


def factors(problem: Problem, network: Network) -> list[tuple[float, str]]:
    """Return the constants by which a loss may differ on this problem, the plain one first, each with its words."""
    unique: dict[float, str] = {}
    for factor, words in every_factor(problem, network):
        unique.setdefault(factor, words)
    return list(unique.items())


def every_factor(problem: Problem, network: Network) -> list[tuple[float, str]]:
    """Return the constants with those that are the same number here, such as 1 and N/2 of two samples."""
    n, k = problem.samples, problem.outputs
    labels, several = network.loss.targets in ("one_hot", "labels"), k > 1
    usual = several and network.loss.targets in ("real", "binary")
    kept = [f for f in FACTORS if not f.outputs or (usual and f.outputs > 0) or (several and labels and f.outputs < 0)]
    return [(float(f.of(n, k)), f.words) for f in kept]


def _equal(one: Result | None, other: Result | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.loss != other.loss:
        return False
    pairs = zip(one.tensors(), other.tensors(), strict=True)
    return all(np.array_equal(a, b) for (_, _, a), (_, _, b) in pairs)
