"""Axes of the fans, given both or one of them, and configs of every option; no Keras."""

import numpy as np
import pytest

from handnn import initializers
from handnn.initializers.random import fans
from handnn.rounding.bounded import Bounded


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((), {}, (1, 1)),
        ((5,), {}, (5, 5)),
        ((5, 7), {}, (5, 7)),
        ((2, 3, 5, 7), {}, (30, 42)),
        ((2, 3, 5, 7), {"input_axes": [0, 2], "output_axes": [1, 3]}, (10, 21)),
        ((2, 3, 5, 7), {"input_axes": [0, 2]}, (30, 42)),  # one of the two alone counts for nothing, as in Keras
        ((2, 3, 5, 7), {"output_axes": [1, 3]}, (30, 42)),
        ((5, 7), {"input_axes": [-1], "output_axes": [-2]}, (7, 5)),
    ],
    ids=str,
)
def test_fans(shape, axes, expected, assert_agrees):
    assert fans(shape, **axes) == expected
    same = initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=3, **axes)
    if shape:
        other = initializers.RandomUniform(-1.0, 1.0, seed=3)(shape, "float64")
        limit = np.sqrt(3 * 2.0 / (sum(expected) / 2))
        drawn = Bounded((other + 1) / 2, np.finfo("float64").eps)  # the generator's number, as far as -1 + 2 u tells it
        assert_agrees("values", same(shape, "float64"), limit * other, drawn * (2 * limit) - limit)


@pytest.mark.parametrize("gain", [1.0, 3.0, 0.0, -2.0])
def test_the_gain_of_an_identity_is_in_its_config_unless_it_is_1(gain):
    config = initializers.Identity(gain).get_config()
    assert config == ({} if gain == 1 else {"gain": gain})
    for found in (
        initializers.Identity.from_config(config),
        initializers.get(initializers.serialize(initializers.Identity(gain))),
    ):
        assert np.array_equal(found((3, 2)), gain * np.eye(3, 2, dtype="float32"))
