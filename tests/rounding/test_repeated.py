"""Sums of repeated values: their roundings have one sign, which the square-root law does not know."""

import math

import numpy as np
import pytest

from handnn.rounding import allowance, repeated
from handnn.rounding.bounded import Bounded

N = 7104


def one_by_one(terms):
    return np.add.accumulate(terms)[-1]


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.7, np.pi])
@pytest.mark.parametrize("last_bits", [0, 3])
def test_the_error_of_a_sum_of_like_terms_is_bounded(value, last_bits, rng, dtype):
    terms = np.full(N, value, dtype)
    terms += rng.integers(0, last_bits + 1, N).astype(dtype) * np.spacing(terms)
    error = abs(one_by_one(terms) - math.fsum(terms))
    assert error <= np.sum(Bounded(terms)).error
    assert error <= np.mean(Bounded(terms)).error * N


def test_rows_added_up_by_a_product_are_a_sum(dtype):
    """db = ones @ delta: TensorFlow adds row after row."""
    ones, terms = np.ones(N, dtype), np.full((N, 2), 0.7, dtype)
    found, added = np.dot(ones, Bounded(terms)), np.sum(Bounded(terms), axis=0)
    assert abs(one_by_one(terms[:, 0]) - math.fsum(terms[:, 0])) <= found.error[0]
    assert np.all(found.error >= added.error)


def test_the_square_root_law_alone_does_not_bound_it():
    """Or this file would test nothing: some like terms lose more than it allows."""
    lost = [abs(one_by_one(t) - math.fsum(t)) / math.fsum(t) for t in (np.full(N, c) for c in (0.1, 0.3, 0.7, np.pi))]
    assert max(lost) > allowance.gamma(N - 1, allowance.unit_roundoff("float64"))


def within(found, expected):
    """Within 1 %: an allowance is no result of arithmetic, and a few of the drawn terms may be alike."""
    assert found.reshape(-1) == pytest.approx(expected, rel=0.01)


def test_terms_that_differ_keep_the_square_root_law(rng, dtype):
    terms = rng.normal(size=(3, N)).astype(dtype)
    law, worst = allowance.gamma(N - 1, allowance.unit_roundoff(dtype)), (N - 1) * allowance.unit_roundoff(dtype)
    within(repeated.gamma(terms, 1, N - 1), [law] * 3)
    terms[1] = 0.1  # all alike: the worst case
    terms[2, ::2] = 0  # 0 loses nothing
    found = repeated.gamma(terms, (1,), N - 1)
    assert found.shape == (3, 1)
    within(found[:, 0], [law, worst / (1 - worst), law])
    assert np.array_equal(repeated.gamma(terms.T, 0, N - 1)[0], found[:, 0])
    assert repeated.gamma(terms[:, :9], 1, 8) == allowance.gamma(8, allowance.unit_roundoff(dtype))


def test_the_variance_of_like_deviations_is_bounded(dtype):
    x = np.where(np.arange(N) % 2, 0.1, 0.8).astype(dtype)
    found = np.var(Bounded(x))
    squares = np.square(x - np.mean(x))
    exact = math.fsum(np.square(x.astype("float64") - math.fsum(x) / N)) / N
    assert abs(one_by_one(squares) / dtype_of(dtype)(N) - exact) <= found.error
    assert found.error <= 2 * N * allowance.unit_roundoff(dtype) * exact


def dtype_of(name):
    return np.dtype(name).type


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 2)])
def test_long_sums_are_counted_part_by_part(axis, rng, monkeypatch):
    """Of values that are repeated, some of them across the parts, and of zeros."""
    terms = rng.integers(0, 5, (30, 40, 20)).astype("float32") + rng.integers(0, 2, (30, 40, 20)) * rng.random()
    whole = repeated.gamma(terms, axis, 1000)
    error = rng.random(terms.shape)
    summed = np.sum(Bounded(terms, error), axis=axis)
    monkeypatch.setattr(repeated, "LARGE", 7)
    assert np.array_equal(repeated.gamma(terms, axis, 1000), whole)
    found = np.sum(Bounded(terms, error), axis=axis)
    assert np.array_equal(found.value, summed.value)
    u = allowance.unit_roundoff("float64")
    assert np.all(np.abs(found.error - summed.error) <= allowance.gamma(terms.size, u) * summed.error)
