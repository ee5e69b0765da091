"""How many seeds a paired comparison needs: the power of Student's paired t test.

Of n independent, normal differences with mean mu and deviation sigma, mean(d) is normal with deviation sigma / sqrt(n),
and independently of it (n - 1) s(d)^2 / sigma^2 has the chi-square distribution of n - 1 degrees of freedom. A
difference is told at level a if |mean(d)| > b s(d) / sqrt(n) with b = t(1 - a/2, n - 1), so with r = s(d) / sigma and
the distribution function F of normal numbers

    power(n) = E[ F(sqrt(n) mu / sigma - b r) + F(-sqrt(n) mu / sigma - b r) ]     over the distribution of r.

Neither mu nor sigma is known. `seeds_needed` puts the mean and deviation of the differences seen so far in their place:
it assumes that what was seen is what there is. `detectable` takes only the deviation from them.
docs/derivations/seeds.md has the derivation, its check, and how far such a number can be off.
"""

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

POWER = 0.8
"""Probability with which a difference is to be told."""
NODES = 200
"""Points of the integral over s(d)."""
MOST = 10_000
"""Beyond this number of seeds, none is told."""


@functools.cache
def _rule() -> Any:
    """Return nodes and weights of Gauss and Legendre's integration over [-1, 1]; finding them takes milliseconds."""
    return np.polynomial.legendre.leggauss(NODES)


@functools.lru_cache(maxsize=256)
def power(n: int, effect: float, a: float) -> float:
    """Return the power of n pairs at level a; `effect` is mu / sigma."""
    from scipy.special import gammaincinv, ndtr, stdtrit  # scipy.stats takes a second to import

    nodes, weights = _rule()
    ratio = np.sqrt(
        2 * gammaincinv((n - 1) / 2, (nodes + 1) / 2) / (n - 1)
    )  # s / sigma, at evenly weighted probabilities
    bound, shift = float(stdtrit(n - 1, 1 - a / 2)), math.sqrt(n) * effect
    told = ndtr(shift - bound * ratio) + ndtr(-shift - bound * ratio)
    return float(np.dot(weights, told)) / 2


def seeds_needed(values: Sequence[float], a: float) -> float:
    """Return the smallest number of seeds with `POWER`, if further differences are like these; inf beyond `MOST`."""
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    if not mean or not math.isfinite(mean):
        return math.inf
    effect = abs(mean) / deviation if deviation else math.inf
    known = NormalDist()  # with sigma known, T is normal and fewer seeds are enough
    start = ((known.inv_cdf(1 - a / 2) + known.inv_cdf(POWER)) / effect) ** 2
    if start > MOST:
        return math.inf
    n = max(2, math.floor(start))
    while power(n, effect, a) < POWER:
        n += 1
    return float(n)


def detectable(values: Sequence[float], a: float) -> float:
    """Return the smallest true difference that as many seeds as these tell apart with `POWER`."""
    from scipy.optimize import brentq

    n, deviation = len(values), float(np.std(values, ddof=1))
    low, high = 0.0, 1.0
    while power(n, high, a) < POWER:
        low, high = high, 2 * high
    return deviation * float(brentq(lambda effect: power(n, effect, a) - POWER, low, high, xtol=1e-4))
