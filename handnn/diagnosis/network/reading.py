"""A function, or an object with a loss, read as the network that it is said to be."""

import inspect
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...rounding import allowance
from ..lines.deadline import SlowError, deadline
from ..user.call.calling import described
from ..user.call.mapping import completed, mapped
from ..user.call.program import Program
from ..user.call.subject import ProgramSubject
from ..user.finding.pairing import Candidate
from ..user.protocols import Plain
from ..user.reading import readings
from ..user.readings import Parts
from ..user.source.directive import Directive
from ..variants import FACTORS
from .expected import Judge
from .layout import CHOICES, Layout, UnreadableError, layouts
from .problem import Network, Problem, draw
from .replay import Result

SECONDS = 3.0
MOST, MOST_READ = 16, 8
"""So many layouts, of so many readings, are tried where the loss tells none."""
SEEDS = (0, 1)
"""A name must fit on as many draws of weights and samples."""


class Fit(NamedTuple):
    """A subject in one layout; `scale` is which of `factors` its loss has."""

    subject: ProgramSubject
    layout: Layout
    network: Network
    dtype: str
    scale: int = 0

    @property
    def said(self) -> list[str]:
        """In what it differs from handnn's notation, in words."""
        return [*self.layout.differences, *([self.factor] if self.factor else [])]

    @property
    def factor(self) -> str:
        """What the loss is multiplied by, in words."""
        return factors(self.judge(SEEDS[0]).problem, self.network)[self.scale][1]

    def judge(self, seed: int) -> Judge:
        return judge_of(self.network, self.dtype, seed, self.layout.hard)

    def scaled(self, scale: int) -> "Fit":
        return self._replace(scale=scale)

    def numbers(self, seed: int) -> Result:
        """Return loss and gradients on a draw, divided by the factor of the loss.

        Raises:
            UnreadableError: see `Layout.result`. Whatever the user's code raises.
        """
        problem = self.judge(seed).problem
        return self.layout.result(self.layout.put(self.subject, problem)).scaled(
            1 / factors(problem, self.network)[self.scale][0]
        )


class Attempt(NamedTuple):
    """A fit with loss and gradients on every draw."""

    fit: Fit
    numbers: list[Result]

    @property
    def wrong(self) -> list[list[tuple[str, int]]]:
        """The tensors that are wrong on each draw."""
        return [self.fit.judge(seed).wrong(n) for seed, n in zip(SEEDS, self.numbers, strict=True)]

    @property
    def odd(self) -> int:
        """How many kernels have gradients of other shapes."""
        pairs = zip(self.numbers[0].kernels, self.fit.layout.kernels, strict=True)
        return sum(dW.shape != W.shape for dW, W in pairs)


def attempts(function: Any, network: Network, dtype: str, declared: Mapping[str, str]) -> tuple[list[Attempt], bool]:
    """Return the layouts that a function may be written in, the best first.

    Args:
        function: of (parameters, x, y), or an object with a `loss(X, y)` method and weights of its own.
        dtype: of what it is given. declared: choices of `CHOICES` that need not be found out.

    Returns:
        Those, and whether the loss is the network's in them. Nothing else tells a layout from another.

    Raises:
        TypeError, ValueError: it is neither, or what is declared is unknown.
        UnreadableError: there are none; the message says why.
    """
    fitting: list[Fit] = []
    others: list[Fit] = []
    problems: list[BaseException] = []
    read, programs = 0, _programs(function, network, declared)
    try:
        with deadline(SECONDS):
            for program in programs:
                before = len(others)
                try:
                    for fit in _fits(program, network, dtype, declared):
                        (fitting if (scale := _scale(fit)) is not None else others).append(fit.scaled(scale or 0))
                except Exception as error:  # a user's code may raise anything
                    problems.append(error)
                read += len(others) > before
                if fitting or read == MOST_READ:
                    break
    except (SlowError, Exception) as error:  # no reading runs
        problems.append(error)
    known: list[Attempt] = []
    for fit in fitting or others:
        try:
            numbers = [fit.numbers(seed) for seed in SEEDS]
        except Exception as error:  # a user's code may raise anything
            problems.append(error)
            continue
        if not all(np.isfinite(tensor).all() for n in numbers for _, _, tensor in n.tensors()):
            problems.append(UnreadableError("it returns NaN or infinity"))
        elif not any(equal(numbers[0], attempt.numbers[0]) for attempt in known):
            known.append(Attempt(fit, numbers))
        if len(known) == MOST:
            break
    if not known:
        raise _why(problems)
    return sorted(known, key=lambda attempt: (any(attempt.wrong), attempt.odd)), bool(fitting)


def _why(problems: list[BaseException]) -> UnreadableError:
    """Return why nothing could be read, in one line: what a gradient lacks before what the user's code raised."""
    own = [problem for problem in problems if isinstance(problem, UnreadableError)]
    unmatched = UnreadableError("its weights could not be matched to the layers that are said")
    return own[0] if own else UnreadableError(described(problems[0])) if problems else unmatched


def _programs(function: Any, network: Network, declared: Mapping[str, str]) -> Iterator[Program]:
    for key, value in declared.items():
        if key not in CHOICES:
            raise TypeError(f"unknown convention {key!r}; the conventions are {', '.join(CHOICES)}")
        if value not in CHOICES[key]:
            raise ValueError(f"{key} must be one of {', '.join(CHOICES[key])}; received {value!r}")
    if inspect.isclass(function):
        raise TypeError(f"{function.__name__} is a class; give an object of it, or a function of (parameters, x, y)")
    if not callable(function) and not hasattr(function, "loss"):
        raise TypeError(f"a derivation must be a function of (parameters, x, y); received {type(function).__name__}")
    target = function
    if not hasattr(function, "loss"):
        plain = inspect.isfunction(function)
        target = Parts(function if plain else lambda parameters, x, y: function(parameters, x, y))
    said = Directive("network", f"{'-'.join(map(str, network.widths))} {network.loss.name}", dict(declared))
    return readings(Candidate("network", "network", target, said), None, (), None, None)


def _fits(program: Program, network: Network, dtype: str, declared: Mapping[str, str]) -> Iterator[Fit]:
    """Yield a program in every layout that it may have; with weights on which nothing depends if it lacks some."""
    for subject in completed(mapped(program)) if program.passive and not program.single else ():
        for layout in layouts(subject, network):
            for other in layout.forms(subject, network) if layout.usual else ():
                if all(other.choices[key] == value for key, value in declared.items() if key != "parameters"):
                    yield Fit(subject, other, network, dtype)


def _scale(fit: Fit) -> int | None:
    """Return which of `factors` the loss has on every draw, or the gradients of a function without a loss."""
    scales = set(range(len(FACTORS)))
    for seed in SEEDS:
        judge = fit.judge(seed)
        own = fit.layout.put(fit.subject, judge.problem)
        given = fit.layout.has_loss(own)
        try:
            numbers = Result(own.run(Plain(), backward=False)[0], [], []) if given else fit.layout.result(own)
        except Exception:  # a user's code may raise anything
            return None
        options = [numbers.scaled(1 / factor) for factor, _ in factors(judge.problem, fit.network)]
        scales &= {i for i, n in enumerate(options)
                   if (judge.loss_fits(n.loss, judge.right.loss) if given else not judge.wrong(n))}  # fmt: skip
        if not scales:
            return None
    return min(scales)


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


DRAWS = 10
"""How often weights are drawn anew where rounding takes more than two thirds of the digits, or no slope shows."""


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


def equal(one: Result, other: Result) -> bool:
    if one.loss != other.loss:
        return False
    pairs = zip(one.tensors(), other.tensors(), strict=True)
    return all(np.array_equal(a, b) for (_, _, a), (_, _, b) in pairs)
