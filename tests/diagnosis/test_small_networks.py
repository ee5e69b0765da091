"""Networks of few units, where a draw of data can hide a mistake: an output ReLU that is never off, or always."""

import itertools

import numpy as np
import pytest

from handnn.diagnosis import check_network

SHAPES = list(itertools.product(range(1, 5), repeat=3))
DAILY = ((1, 4, 1), (4, 1, 1))


def case(shape):
    return pytest.param(shape, marks=[] if shape in DAILY else [pytest.mark.slow])


def written(slope):
    def network(parameters, x, y):
        W1, b1, W2, b2 = parameters
        z1 = x @ W1 + b1
        a1 = np.tanh(z1)
        z2 = a1 @ W2 + b2
        a2 = np.maximum(z2, 0)
        delta2 = 2 * (a2 - y) / y.size
        if slope:
            delta2 = delta2 * (z2 > 0)
        delta1 = delta2 @ W2.T * (1 - a1**2)
        return np.mean((a2 - y) ** 2), [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]

    return network


@pytest.mark.parametrize("shape", [case(shape) for shape in SHAPES])
@pytest.mark.slow
def test_a_missing_slope_is_seen_in_every_shape(shape):
    text = f"{'-'.join(map(str, shape))} tanh relu mse"
    assert check_network(written(slope=True), text).verdict == "match"
    verdict = check_network(written(slope=False), text)
    assert verdict.verdict == "wrong", verdict
    assert verdict.where.startswith("layer 2"), verdict
