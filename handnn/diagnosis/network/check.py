"""`check_network`: somebody's loss and gradients of a network, judged and, where they are wrong, explained."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...rounding import allowance
from .. import verdict
from ..user.call.calling import described
from ..user.call.mapping import completed
from ..user.call.noticed import prints
from ..user.call.subject import ProgramSubject
from ..user.finding.pairing import Candidate
from ..user.protocols import Plain
from ..user.reading import Found, read
from ..user.readings import Parts
from ..user.readings.layouts import smaller
from ..user.source.directive import Directive
from ..variants import FACTORS, as_far_as_float32, of_network
from ..verdict import Verdict
from .expected import Judge
from .explain import named, unnamed
from .layout import CHOICES, Layout, UnreadableError, layouts
from .problem import Network, Problem, draw, parse
from .replay import Result, replay
from .search import Explanation, Search

UNMATCHED = "its weights could not be matched to the layers that are said"
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
        return judge_of(self.network, self.dtype, seed, self.layout.hard, self.layout.samples(self.subject))

    def on(self, problem: Problem) -> ProgramSubject:
        return self.layout.put(self.subject, problem)

    def numbers(self, seed: int) -> Result:
        """Return loss and gradients on a draw, divided by the factor of the loss.

        Raises:
            UnreadableError: see `Layout.result`. Whatever the user's code raises.
        """
        problem = self.judge(seed).problem
        return self.layout.result(self.on(problem)).scaled(1 / factors(problem, self.network)[self.scale][0])


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
        function: or an object with a `loss(X, y)` method and weights of its own.
        network: a layer string such as '4-5-3 tanh softmax categorical_crossentropy'.
        dtype: of what the function is given.
        l2: factor of the penalty l2 sum W^2 that the loss is meant to have.
        name: what to call it. without: names of mistakes to leave out of the bank.
        convention: `CHOICES`, where they should not be found out: samples='columns', ...
    """
    target = parse(network, l2) if isinstance(network, str) else network
    subject = name or getattr(function, "__name__", type(function).__name__)
    for small in [*smaller(list(target.widths)), target.widths]:  # nothing is proved by size
        own = replace(target, widths=tuple(small))
        found = understood(function, own, dtype, convention)
        if isinstance(found, ProgramSubject):
            break

    def check(dtype: str) -> Verdict:
        return judged(found, own, f"{subject} ({target})", dtype, convention, without)

    return as_far_as_float32(check(dtype), dtype, check)


def understood(function: Any, network: Network, dtype: str, declared: Mapping[str, str]) -> Found:
    """Return a function, or an object with a loss, as it is read if it is meant to be this network.

    Raises:
        TypeError, ValueError: it is neither, or what is declared is unknown.
    """
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
    widths = "-".join(map(str, network.widths))
    said = Directive("network", f"{widths} {network.loss.name}", dict(declared))

    def meant(subject: ProgramSubject) -> ProgramSubject | None:
        if subject.program.single:
            raise UnreadableError("it takes one sample only")
        if next(fits(subject, network, dtype, declared), None) is None:
            raise UnreadableError(UNMATCHED)
        return next((fit.subject for fit in fitted(subject, network, dtype, declared)), None)

    return read(Candidate("network", "network", target, said), None, (), meant=meant)


def fitted(subject: ProgramSubject, network: Network, dtype: str, declared: Mapping[str, str]) -> Iterator[Fit]:
    """Yield the layouts in which a subject has the loss of a network on every draw, the usual one first."""
    for fit in fits(subject, network, dtype, declared):
        scales = set(range(len(FACTORS)))
        for seed in SEEDS:
            scales &= set(_scales(fit, seed)) if scales else set()
        if scales:
            yield fit._replace(scale=min(scales))


def fits(subject: ProgramSubject, network: Network, dtype: str, declared: Mapping[str, str]) -> Iterator[Fit]:
    """Yield a subject in every layout that it may have; with weights on which nothing depends if it lacks some."""
    for whole in completed(subject):
        for layout in layouts(whole, network) if whole.program.passive else ():
            if not layout.usual:
                continue
            for other in layout.forms(whole, network):
                if all(other.choices[key] == value for key, value in declared.items() if key != "parameters"):
                    yield Fit(whole, other, network, dtype)


def _scales(fit: Fit, seed: int) -> Iterator[int]:
    """Yield which of `factors` the loss has on a draw; of a function without a loss, the gradients."""
    judge = fit.judge(seed)
    own = fit.on(judge.problem)
    try:
        given = fit.layout.has_loss(own)
        numbers = Result(own.run(Plain(), backward=False)[0], [], []) if given else fit.layout.result(own)
    except Exception:  # a user's code may raise anything
        return
    for i, (factor, _) in enumerate(factors(judge.problem, fit.network)):
        scaled = numbers.scaled(1 / factor)
        if judge.loss_fits(scaled.loss, judge.right.loss) if given else not judge.wrong(scaled):
            yield i


def judged(  # noqa: PLR0911 (one return for each way it may end)
    found: Found, network: Network, subject: str, dtype: str, declared: Mapping[str, str], without: tuple[str, ...] = ()
) -> Verdict:
    """Return the verdict on what was read, held against a network."""
    try:
        known, loss_fits = attempts(found, network, dtype, declared)
    except UnreadableError as error:
        return Verdict(subject, "broken", str(error))
    best, numbers = known[0]
    notes, words = prints(best.subject), best.said
    if not _equal(numbers[0], best.numbers(SEEDS[0])):
        text = "two calls with the same arguments return different numbers: it keeps state between calls"
        return Verdict(subject, "broken", text)
    if changed := _changed(best):
        plural = "s" * (len(changed) > 1)
        text = f"it changes its argument{plural} {' and '.join(changed)} in place"
        return Verdict(subject, "broken", text, convention=words, notes=notes)
    judges = [best.judge(seed) for seed in SEEDS]
    wrong = [judge.wrong(n) for judge, n in zip(judges, numbers, strict=True)]
    if not any(wrong):
        return verdict.found_right(subject, "loss and gradients agree to rounding", words, notes)
    form = next((form for fit, own in known if (form := _other_form(fit, own))), [])
    if form:
        return verdict.found_right(subject, "", form)
    search = _search_of(best).left_out(without)
    if not loss_fits:
        explained = _forward_mistake(known, without)
        if explained is not None:
            found_there, best, numbers = explained
            return named(subject, found_there, best.judge(SEEDS[0]), numbers[0], best.said, notes)
    found_here = search.find(numbers)
    if found_here is not None:
        said = named(subject, found_here, judges[0], numbers[0], words, notes)
        if best.layout.subtracted and "sign of db" in said.mistakes:
            others = [name for name in said.mistakes if name != "sign of db"]
            said.alternatives.append([*others, "bias subtracted"])
        return said
    first = wrong[0][0] if wrong[0] else wrong[-1][0]
    return unnamed(subject, first, judges[0], numbers[0], words, notes)


Attempt = tuple[Fit, list[Result]]


def attempts(found: Found, network: Network, dtype: str, declared: Mapping[str, str]) -> tuple[list[Attempt], bool]:
    """Return the layouts that what was read may have, the best first, each with loss and gradients on every draw.

    Returns:
        Those, and whether the loss is the network's in them.

    Raises:
        UnreadableError: there are none; the message says why.
    """
    if not isinstance(found, ProgramSubject):
        raise UnreadableError(getattr(found, "why", "it is no network"))
    fitting = list(fitted(found, network, dtype, declared))
    known: list[Attempt] = []
    why = ""
    for fit in fitting or fits(found, network, dtype, declared):
        try:
            numbers = [fit.numbers(seed) for seed in SEEDS]
        except Exception as error:  # a user's code may raise anything
            why = why or (str(error) if isinstance(error, UnreadableError) else described(error))
            continue
        if all(np.isfinite(tensor).all() for n in numbers for _, _, tensor in n.tensors()):
            known.append((fit, numbers))
        else:
            why = why or "it returns NaN or infinity"
    if not known:
        raise UnreadableError(why or UNMATCHED)
    return sorted(known, key=_wrongness), bool(fitting)


def _wrongness(known: Attempt) -> tuple[bool, int]:
    """Return whether anything is wrong, and how many kernels have gradients of other shapes."""
    fit, numbers = known
    wrong = any(fit.judge(seed).wrong(n) for seed, n in zip(SEEDS, numbers, strict=True))
    return wrong, sum(dW.shape != W.shape for dW, W in zip(numbers[0].kernels, fit.layout.kernels, strict=True))


def _changed(fit: Fit) -> list[str]:
    """Return the arguments that a call changed, other than by steps that it takes."""
    subject = fit.on(fit.judge(SEEDS[0]).problem)
    after = subject.world()[0]["arguments"]
    data = [name for name in (fit.layout.x, str(fit.layout.y)) if name in after]
    return [n for n in data if not np.array_equal(after[n], subject.program.arguments[n])]


def _other_form(fit: Fit, numbers: list[Result]) -> list[str]:
    """Return with which argument of an activation the function is right, in words; [] with none."""
    problems = [fit.judge(seed).problem for seed in SEEDS]
    plain = [n.scaled(factors(p, fit.network)[fit.scale][0]) for n, p in zip(numbers, problems, strict=True)]
    for other, words in of_network(fit.network):
        changed = [replace(problem, network=other) for problem in problems]
        losses = [float(np.asarray(replay(problem).loss)) for problem in changed]
        for scales in zip(*(factors(problem, other) for problem in changed), strict=False):
            own = [n.scaled(1 / factor) for n, (factor, _) in zip(plain, scales, strict=True)]
            near = [n.loss is None or abs(n.loss - a) <= NEAR * abs(a) for n, a in zip(own, losses, strict=True)]
            if all(near) and not any(Judge(p).wrong(n) for p, n in zip(changed, own, strict=True)):
                return ["; ".join(filter(None, (f"it has {words}", scales[0][1]))), *fit.layout.differences]
    return []


def _forward_mistake(known: list[Attempt], without: tuple[str, ...]) -> tuple[Explanation, Fit, list[Result]] | None:
    """Return what explains a wrong loss; nothing tells the layout and the factor then, so all are tried."""
    tried = []
    for fit, numbers in known:
        options = [factors(fit.judge(seed).problem, fit.network) for seed in SEEDS]
        for i, scales in enumerate(zip(*options, strict=False)):
            tried.append((fit._replace(scale=i), [n.scaled(1 / k) for n, (k, _) in zip(numbers, scales, strict=True)]))
    for pairs in (False, True):
        for fit, numbers in tried:
            explained = _search_of(fit).left_out(without).find(numbers, pairs=pairs)
            if explained is not None:
                return explained, fit, numbers
    return None


def _search_of(fit: Fit) -> Search:
    return search_of(fit.network, fit.dtype, fit.layout.hard, fit.layout.samples(fit.subject))


@lru_cache(maxsize=32)
def judge_of(network: Network, dtype: str, seed: int, one_hot: bool, samples: int = 0) -> Judge:
    """Return the judge of one draw, the first on which something can be told, or else the best.

    Draws are the same every time, so that it is worth keeping.
    """
    judges: list[Judge] = []
    for again in range(DRAWS):
        judges.append(Judge(draw(network, seed, dtype, one_hot, samples, again)))
        if judges[-1].telling and judges[-1].doubt <= allowance.unit_roundoff(dtype) ** (1 / 3):
            return judges[-1]
    return min(judges, key=lambda judge: (not judge.telling, judge.doubt))


NEAR = 1e-4
"""A loss that is nearer is held against another form of the network in earnest."""
DRAWS = 10
"""How often weights are drawn anew where rounding takes more than two thirds of the digits, or no slope shows."""


@lru_cache(maxsize=8)
def search_of(network: Network, dtype: str, one_hot: bool, samples: int = 0) -> Search:
    """Return the search over all draws."""
    return Search([judge_of(network, dtype, seed, one_hot, samples) for seed in SEEDS])


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


def _equal(one: Result, other: Result) -> bool:
    if one.loss != other.loss:
        return False
    pairs = zip(one.tensors(), other.tensors(), strict=True)
    return all(np.array_equal(a, b) for (_, _, a), (_, _, b) in pairs)
