"""Axes of the fans, given both or one of them, and configs of every option; no Keras."""

import numpy as np
import pytest

import handnn
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


def test_a_seed_generator_gives_other_values_each_time_and_travels_in_the_config():
    seeds = handnn.random.SeedGenerator(3)
    drawn = initializers.RandomNormal(seed=seeds)
    first, second = drawn((4,)), drawn((4,))
    assert not np.array_equal(first, second)
    config = drawn.get_config()
    assert config["seed"]["class_name"] == "SeedGenerator" and config["seed"]["config"]["seed"] == 3
    again = initializers.RandomNormal.from_config(config)
    assert not np.array_equal(again((4,)), again((4,)))
    same = initializers.RandomNormal(seed=handnn.random.SeedGenerator(3))
    assert np.array_equal(same((4,)), first) and np.array_equal(same((4,)), second)
    assert drawn.seed == 0  # of no use beside a generator


def test_an_array_gives_its_own_values_as_they_were_given():
    values = np.array([[0.1, 0.2]])
    given = initializers.get(values)
    values[:] = 7
    found = given((1, 2), "float64")
    assert found.dtype == "float64" and found.tolist() == [[0.1, 0.2]]
    assert given((1, 2)).dtype == "float32"


def test_constants_keep_the_precision_of_arrays_only():
    assert initializers.Constant(0.1)((1,), "float64") == np.float32(0.1)
    for kept in (np.float64(0.1), np.array([0.1])):
        assert initializers.Constant(kept)((1,), "float64") == 0.1
    large = 2**24 + 1  # no float32
    assert initializers.Constant(large)((1,), "float64") == large
    assert initializers.Constant.from_config({}).value == 0.0
    config = initializers.Constant(np.array([1, 2], "int8")).get_config()
    assert initializers.Constant.from_config(config).value.dtype == "int8"


def test_a_function_is_written_by_its_name_and_any_callable_class_is_taken():
    def mine(shape, dtype=None):
        return np.ones(shape, dtype)

    assert initializers.serialize(mine)["config"] == "mine"
    assert initializers.get(dict) is dict


def test_an_identity_has_the_dtype_of_its_weight():
    assert initializers.Identity(1 / 3)((2, 2), "float64")[0, 0] == 1 / 3
    assert initializers.Identity()((2, 2), "float64").dtype == "float64"


def test_one_input_has_the_variance_of_one_input():
    values = initializers.VarianceScaling(3.0, "fan_in", "uniform", seed=0)((1, 10000), "float64")
    assert 2.9 < np.max(np.abs(values)) <= 3.0  # sqrt(3 scale / 1)


def test_orthogonal_matrices_have_no_direction_of_their_own():
    """Among 400 of them each element is as often negative: with a chance of a millionth not within five sigmas."""
    seeds = handnn.random.SeedGenerator(1)
    drawn = np.stack([initializers.Orthogonal(seed=seeds)((3, 2), "float64") for _ in range(400)])
    assert np.all(np.abs(np.mean(np.sign(drawn), axis=0)) < 5 / np.sqrt(400))
