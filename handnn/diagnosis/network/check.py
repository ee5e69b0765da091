"""`check_network`: somebody's loss and gradients of a network, judged and, where they are wrong, explained."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from .. import verdict
from ..user.call.noticed import prints
from ..user.readings.layouts import smaller
from ..variants import as_far_as_float32, of_network
from ..verdict import Verdict
from .expected import Judge
from .explain import named, unnamed
from .layout import UnreadableError
from .problem import Network, parse
from .reading import SEEDS, Attempt, Fit, attempts, equal, factors, judge_of
from .replay import Result, replay
from .search import Explanation, Search

NEAR = 1e-4
"""A loss that is nearer is held against another form of the network in earnest."""


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
    subject = f"{name or getattr(function, '__name__', type(function).__name__)} ({target})"

    def check(dtype: str) -> Verdict:
        for small in [*smaller(list(target.widths)), target.widths]:  # nothing is proved by size
            try:
                known, loss_fits = attempts(function, replace(target, widths=tuple(small)), dtype, convention)
            except UnreadableError as error:
                why = str(error)
            else:
                return _judged(known, loss_fits, subject, without)
        return Verdict(subject, "broken", why)

    return as_far_as_float32(check(dtype), dtype, check)


def _judged(known: list[Attempt], loss_fits: bool, subject: str, without: tuple[str, ...]) -> Verdict:
    """Return the verdict on a function in the layouts that it may be written in."""
    best, numbers = known[0]
    notes, words = prints(best.subject), best.said
    if not equal(numbers[0], best.numbers(SEEDS[0])):
        text = "two calls with the same arguments return different numbers: it keeps state between calls"
        return Verdict(subject, "broken", text)
    if changed := _changed(best):
        plural = "s" * (len(changed) > 1)
        text = f"it changes its argument{plural} {' and '.join(changed)} in place"
        return Verdict(subject, "broken", text, convention=words, notes=notes)
    wrong = known[0].wrong
    if not any(wrong):
        return verdict.found_right(subject, "loss and gradients agree to rounding", words, notes)
    form = next((form for attempt in known if (form := _other_form(*attempt))), [])
    if form:
        return verdict.found_right(subject, "", form)
    explained = None if loss_fits else _forward_mistake(known, without)
    if explained is None and (found := _search_of(best).left_out(without).find(numbers)) is not None:
        explained = found, best, numbers
    if explained is None:
        first = wrong[0][0] if wrong[0] else wrong[-1][0]
        return unnamed(subject, first, best.judge(SEEDS[0]), numbers[0], words, notes)
    found, best, numbers = explained
    said = named(subject, found, best.judge(SEEDS[0]), numbers[0], best.said, notes)
    if best.layout.subtracted and "sign of db" in said.mistakes:
        others = [name for name in said.mistakes if name != "sign of db"]
        said.alternatives.append([*others, "bias subtracted"])
    return said


def _changed(fit: Fit) -> list[str]:
    """Return the arguments that a call changed, other than by steps that it takes."""
    subject = fit.layout.put(fit.subject, fit.judge(SEEDS[0]).problem)
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
    return search_of(fit.network, fit.dtype, fit.layout.hard)


@lru_cache(maxsize=8)
def search_of(network: Network, dtype: str, one_hot: bool) -> Search:
    """Return the search over all draws."""
    return Search([judge_of(network, dtype, seed, one_hot) for seed in SEEDS])
