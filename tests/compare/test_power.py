"""How many seeds tell two optimizers apart: the formula beside simulated tests and beside a limit known exactly."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from handnn.compare.seeds import power
from handnn.compare.statistics import difference, t_quantile, with_power

A = 0.05
SIMULATED = 20_000


def share_told(n, effect, a, rng):
    """Return how often the paired t test tells normal differences from 0."""
    d = rng.normal(effect, 1.0, size=(SIMULATED, n))
    return float(np.mean(np.abs(d.mean(axis=1)) > t_quantile(1 - a / 2, n - 1) * d.std(axis=1, ddof=1) / math.sqrt(n)))


@pytest.mark.parametrize(("n", "effect", "a"), [(5, 1.0, 0.05), (5, -2.0, 0.01), (20, 0.5, 0.05), (2, 3.0, 0.05)])
def test_power_is_what_simulated_tests_have(n, effect, a, rng):
    expected = power.power(n, effect, a)
    deviation = math.sqrt(expected * (1 - expected) / SIMULATED)
    assert abs(share_told(n, effect, a, rng) - expected) < 5 * deviation


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_power_is_that_of_the_noncentral_t_distribution(n):
    from scipy import stats  # takes a second: not where it is only collected

    bound, shift = t_quantile(1 - A / 2, n - 1), 2.5
    expected = stats.nct.sf(bound, n - 1, shift) + stats.nct.cdf(-bound, n - 1, shift)
    assert abs(power.power(n, shift / math.sqrt(n), A) - expected) < 1e-5  # 200 points of a smooth integral


def test_without_a_difference_the_power_is_the_level():
    assert abs(power.power(7, 0.0, 0.05) - 0.05) < 1e-5


@pytest.mark.parametrize(("mean", "deviation"), [(0.5, 1.0), (-0.01, 0.04), (2.0, 0.5), (1.0, 30.0)])
def test_the_seeds_needed_are_the_fewest(mean, deviation):
    values = [mean - deviation / math.sqrt(2), mean + deviation / math.sqrt(2)]
    n = int(power.seeds_needed(values, A))
    effect = abs(mean) / deviation
    assert power.power(n, effect, A) >= power.POWER
    assert n == 2 or power.power(n - 1, effect, A) < power.POWER
    known = ((NormalDist().inv_cdf(1 - A / 2) + NormalDist().inv_cdf(power.POWER)) / effect) ** 2
    assert known <= n <= known + 4  # about t^2 / 2 more than with a known deviation


def test_what_no_number_of_seeds_tells():
    assert power.seeds_needed([1.0, -1.0], A) == math.inf
    assert power.seeds_needed([1.0, -0.99], A) == math.inf
    assert power.seeds_needed([1.0, 1.0], A) == 2


def test_a_detectable_difference_is_told_with_the_power(rng):
    values = rng.normal(size=6)
    found = power.detectable(values, A)
    assert abs(power.power(6, found / np.std(values, ddof=1), A) - power.POWER) < 1e-3


def test_differences_say_it_where_it_is_asked():
    near, far = [0.10, 0.13, 0.09, 0.12], [0.31, 0.32, 0.30, 0.33]
    undecided = with_power(difference("loss", near, [0.12, 0.11, 0.10, 0.10], 0.95, 3), 0.95, 3)
    assert undecided.seeds_needed == power.seeds_needed(undecided.values, 0.05 / 3) > 4
    worse = with_power(difference("loss", far, near, 0.95), 0.95, 1)
    assert worse.seeds_needed is None and 0 < worse.detectable < worse.mean
    assert with_power(difference("loss", [1.0], [2.0], 0.95), 0.95, 1).detectable is None
