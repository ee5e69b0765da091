"""Performance profiles over data sets: how often an optimizer is within a factor of the fastest.

Dolan and More (2002), Math. Program. 91: with t(s, p) the time of solver s on problem p and r(s, p) = t(s, p) / min of
t(s', p) over all solvers s', the profile is the share of problems with r(s, p) <= tau. A problem that a solver does not
solve has r = infinity. Here a problem is a data set, and its time the median over seeds of the time to the target.

Three times are told (Dahl et al. 2023, arXiv 2306.07179): of the trial chosen by the validation loss; of the fastest
trial in each seed, AlgoPerf's score of tuned optimizers (there 5 trials; here the budget of the comparison); and at the
defaults, its score of those that nobody tunes. AlgoPerf's number for a profile is its mean height up to tau = 4,

    score(s) = 1 / (tau_max - 1)  integral from 1 to tau_max of profile(s, tau) d tau
             = mean over p of max(0, tau_max - r(s, p)) / (tau_max - 1).
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.variable import Array
from ..results import Comparison
from ..statistics import Entry, Spread

TAU_MAX = 4.0
LEVEL = 0.95
RESAMPLED = 1000
WAYS = ("chosen", "fastest", "untuned")
NAMES = {"chosen": "chosen trial", "fastest": "fastest trial", "untuned": "at its defaults"}


@dataclass(frozen=True)
class Profile:
    """The profile of one optimizer.

    Attributes:
        times: by data set, the median over seeds; inf if the target was not reached. ratios: to the fastest optimizer.
        score: mean height of the profile up to `TAU_MAX`. low, high: its interval, by resampling seeds.
    """

    optimizer: str
    times: dict[str, float]
    ratios: dict[str, float]
    score: float
    low: float
    high: float

    def at(self, tau: float) -> float:
        """Return the share of data sets on which it takes at most tau times as long as the fastest."""
        return float(np.mean([ratio <= tau for ratio in self.ratios.values()]))


def profiles(comparisons: Mapping[str, Comparison], way: str = "fastest") -> list[Profile]:
    """Return the profile of every optimizer that takes part in all comparisons, highest score first.

    Args:
        way: "chosen", "fastest" or "untuned".

    The interval resamples the seeds of each data set with replacement, the same ones for all optimizers. It says what
    other seeds may change, not what other data sets would.
    """
    labels = taking_part(comparisons)
    if not labels:
        return []
    seen = {name: np.array([_steps(own.summary()[label], way).values for label in labels])
            for name, own in comparisons.items()}  # fmt: skip
    times = np.array([_median(values) for values in seen.values()])  # (data sets, optimizers)
    ratios = ratios_of(times)
    rng, drawn = np.random.default_rng(0), []
    for values in seen.values():
        rows = rng.integers(values.shape[1], size=(RESAMPLED, values.shape[1]))
        drawn.append(_median(values[:, rows]))  # (optimizers, resampled)
    scores = np.mean([_heights(ratios_of(own.T)) for own in drawn], axis=0)  # (resampled, optimizers)
    tails = (1 - LEVEL) / 2
    low, high = np.quantile(scores, [tails, 1 - tails], axis=0)
    found = [
        Profile(
            label,
            dict(zip(seen, times[:, i].tolist(), strict=True)),
            dict(zip(seen, ratios[:, i].tolist(), strict=True)),
            float(np.mean(_heights(ratios[:, i]))),
            float(low[i]),
            float(high[i]),
        )
        for i, label in enumerate(labels)
    ]
    return sorted(found, key=lambda own: -own.score)


def taking_part(comparisons: Mapping[str, Comparison]) -> list[str]:
    """Return the optimizers with finished seeds in every comparison."""
    finished = [[e.optimizer for e in own.summary().entries] for own in comparisons.values()]
    shared = functools.reduce(set.intersection, map(set, finished)) if finished else set()
    return [label for label in next(iter(comparisons.values())).plan.optimizers if label in shared]


def ratios_of(times: Array) -> Array:
    """Return times / the smallest of each row; infinite where a target was not reached, 1 for the smallest ones."""
    least = times.min(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(times == least, 1.0, times / least)
    return np.where(np.isfinite(times), found, np.inf)


def _heights(ratios: Array) -> Array:
    """Return what each ratio adds to the mean height of a profile."""
    return np.maximum(0.0, TAU_MAX - ratios) / (TAU_MAX - 1)


def _median(values: Array) -> Array:
    """Return medians over the last axis, where infinities are the largest values."""
    ordered, n = np.sort(values, axis=-1), values.shape[-1]
    return (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2


def _steps(entry: Entry, way: str) -> Spread:
    """Return the steps to the target of every seed."""
    if way == "fastest":
        return entry.fastest_steps
    if way == "chosen":
        return entry.steps
    return entry.untuned.steps if entry.untuned else Spread((math.inf,) * len(entry.steps.values), *[math.inf] * 3)


def among_best(comparisons: Mapping[str, Comparison], labels: Sequence[str]) -> dict[str, list[str]]:
    """Return for each optimizer the data sets on which no other is told to be better in test loss."""
    summaries = {name: own.summary() for name, own in comparisons.items()}
    return {label: [name for name, own in summaries.items() if label in own.equals] for label in labels}
