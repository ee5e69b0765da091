"""Initializers: the distribution is Keras', the seed repeats it, the config is Keras'.

Samples are compared with samples of the Keras initializer. What two correct samples of n values may differ by follows
from n and FALSE_ALARM, the probability with which such a comparison may fail by chance (the seeds are fixed, so a test
that passes once always passes).
"""

import inspect
import math
from statistics import NormalDist

import mpmath
import numpy as np
import pytest

from handnn import initializers, utils
from handnn.initializers import RandomInitializer, fans
from handnn.initializers import initializers as registry

FALSE_ALARM = 1e-9
ARGUMENTS = {
    "value": 0.25,
    "mean": 0.5,
    "stddev": 2.0,
    "minval": -1.0,
    "maxval": 3.0,
    "seed": 7,
    "scale": 2.5,
    "mode": "fan_avg",
    "distribution": "uniform",
    "input_axes": [0],
    "output_axes": [1],
}
SHAPE = (100, 200)
each_initializer = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
RANDOM = {name: cls for name, cls in registry.items() if issubclass(cls, RandomInitializer)}
each_random = pytest.mark.parametrize(("name", "cls"), RANDOM.items(), ids=list(RANDOM))
SCALINGS = [
    {"scale": 2.5, "mode": mode, "distribution": distribution}
    for mode in ("fan_in", "fan_out", "fan_avg")
    for distribution in ("uniform", "truncated_normal", "untruncated_normal")
]


def known(cls):
    """The arguments above that this initializer takes."""
    return {name: value for name, value in ARGUMENTS.items() if name in inspect.signature(cls).parameters}


def check_same_distribution(ours, theirs):
    """Mean, variance and the whole distribution (Kolmogorov-Smirnov) of two samples."""
    ours, theirs = np.ravel(ours).astype("float64"), np.ravel(theirs).astype("float64")
    quantile, samples = NormalDist().inv_cdf(1 - FALSE_ALARM / 2), (ours, theirs)
    means, variances = [s.mean() for s in samples], [s.var() for s in samples]
    fourth = [((s - s.mean()) ** 4).mean() for s in samples]
    mean_error = math.sqrt(sum(v / s.size for v, s in zip(variances, samples, strict=True)))
    variance_error = math.sqrt(sum((f - v * v) / s.size for f, v, s in zip(fourth, variances, samples, strict=True)))
    assert abs(means[0] - means[1]) <= quantile * mean_error, f"mean {means}"
    assert abs(variances[0] - variances[1]) <= quantile * variance_error, f"variance {variances}"
    everything = np.concatenate(samples)
    shares = [np.searchsorted(np.sort(s), everything, side="right") / s.size for s in samples]
    distance = np.abs(shares[0] - shares[1]).max()
    allowed = math.sqrt(-math.log(FALSE_ALARM / 2) / 2 * (1 / ours.size + 1 / theirs.size))
    assert distance <= allowed, f"distribution, distance {distance:.3g}, allowed {allowed:.3g}"


@each_initializer
def test_samples_are_distributed_as_keras(name, cls, dtype, keras):
    theirs = getattr(keras.initializers, cls.__name__)
    for options in ({}, {k: v for k, v in known(cls).items() if k not in ("input_axes", "output_axes", "seed")}):
        seed = {"seed": 1} if "seed" in known(cls) else {}
        found = cls(**options, **seed)(SHAPE, dtype)
        expected = theirs(**options, **seed)(SHAPE, dtype).numpy()
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        if seed:
            check_same_distribution(found, expected)
        else:
            assert np.array_equal(found, expected)


@pytest.mark.parametrize("options", SCALINGS, ids=lambda options: f"{options['mode']}-{options['distribution']}")
def test_variance_scaling_is_keras(options, keras):
    found = initializers.VarianceScaling(**options, seed=1)(SHAPE)
    check_same_distribution(found, keras.initializers.VarianceScaling(**options, seed=1)(SHAPE).numpy())


@pytest.mark.parametrize("options", SCALINGS, ids=lambda options: f"{options['mode']}-{options['distribution']}")
def test_values_keep_inside_their_limits(options, dtype):
    """Uniform: sqrt(3 scale / n); truncated: two deviations. Rounding is monotone, so the limit holds exactly."""
    n = {"fan_in": SHAPE[0], "fan_out": SHAPE[1], "fan_avg": sum(SHAPE) / 2}[options["mode"]]
    width = math.sqrt(options["scale"] / n)
    limit = {
        "uniform": math.sqrt(3) * width,
        "truncated_normal": 2 * (width / initializers.TRUNCATED_DEVIATION),
        "untruncated_normal": math.inf,
    }[options["distribution"]]
    values = initializers.VarianceScaling(**options, seed=1)(SHAPE, dtype)
    assert np.abs(values).max() <= np.dtype(dtype).type(limit)


def test_deviation_of_the_truncated_normal():
    """sigma^2 = 1 - 2 c phi(c) / (2 Phi(c) - 1) of a standard normal cut at c = 2, to the last digit."""
    with mpmath.workdps(50):
        inside = 2 * mpmath.ncdf(2) - 1
        assert float(mpmath.sqrt(1 - 4 * mpmath.npdf(2) / inside)) == initializers.TRUNCATED_DEVIATION


@each_random
def test_a_seed_repeats_and_another_one_does_not(name, cls, dtype):
    first, again, other = (cls(seed=seed)(SHAPE, dtype) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@each_random
def test_one_object_gives_the_same_values_each_time_as_in_keras(name, cls, keras):
    for initializer in (cls(), getattr(keras.initializers, cls.__name__)()):
        assert np.array_equal(np.asarray(initializer((3, 4))), np.asarray(initializer((3, 4))))
    assert not np.array_equal(cls()((3, 4)), cls()((3, 4)))


@each_random
def test_the_global_seed_repeats_unseeded_objects(name, cls, monkeypatch):
    monkeypatch.setattr(utils, "_generator", utils._generator)  # put back afterwards
    values = []
    for seed in (5, 5, 6):
        utils.set_random_seed(seed)
        values.append((cls()((3, 4)), cls()((3, 4))))
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])


@pytest.mark.parametrize("shape", [(), (3,), (3, 4), (2, 3, 4), (2, 3, 4, 5)], ids=str)
def test_fans_are_keras(shape, keras):
    theirs = keras.src.initializers.random_initializers.compute_fans
    assert fans(shape) == tuple(theirs(shape))
    if len(shape) > 2:
        axes = {"input_axes": [0, 2], "output_axes": [1]}
        assert fans(shape, **axes) == tuple(theirs(shape, **axes))


@each_initializer
def test_signature_defaults_and_config_are_keras(name, cls, keras):
    theirs = getattr(keras.initializers, cls.__name__)
    ours, expected = (inspect.signature(c).parameters for c in (cls, theirs))
    assert {k: p.default for k, p in ours.items()} == {k: p.default for k, p in expected.items()}
    for options in ({}, known(cls)):
        found = cls(**options)
        assert found.get_config() == theirs(**options).get_config()
        assert initializers.serialize(found) == keras.initializers.serialize(theirs(**options))
        again = initializers.get(keras.initializers.serialize(theirs(**options)))
        assert (type(again), again.get_config()) == (cls, found.get_config())


@each_initializer
def test_identifiers_are_keras(name, cls, keras):
    theirs = getattr(keras.initializers, cls.__name__)
    identifiers = [k for k, v in keras.src.initializers.ALL_OBJECTS_DICT.items() if v is theirs]
    assert name in identifiers
    assert {type(initializers.get(identifier)) for identifier in identifiers} == {cls}
    instance = cls()
    assert initializers.get(instance) is instance


def test_names_of_distributions_are_read_as_keras_reads_them(keras):
    for given in ("normal", "uniform", "UNIFORM"):
        theirs = keras.initializers.VarianceScaling(distribution=given)
        assert initializers.VarianceScaling(distribution=given).distribution == theirs.distribution


def test_normal_in_capitals(keras):
    theirs = keras.initializers.VarianceScaling(distribution="Normal")
    assert initializers.VarianceScaling(distribution="Normal").distribution == theirs.distribution


# Planted mistakes.


@pytest.mark.parametrize(
    ("mistake", "seen"),
    [
        (lambda values: values * 1.05, "variance"),
        (lambda values: values + 0.1 * values.std(), "mean"),
        (lambda values: values.std() * np.sign(values), "distribution"),  # mean and variance are right
    ],
)
def test_a_wrong_distribution_is_seen(mistake, seen, keras):
    values = keras.initializers.HeNormal(seed=1)(SHAPE).numpy()
    with pytest.raises(AssertionError, match=seen):
        check_same_distribution(mistake(initializers.HeNormal(seed=1)(SHAPE)), values)


def test_a_forgotten_correction_of_the_truncation_is_seen(monkeypatch, keras):
    monkeypatch.setattr(initializers, "TRUNCATED_DEVIATION", 1.0)
    with pytest.raises(AssertionError, match="variance"):
        test_samples_are_distributed_as_keras("he_normal", initializers.HeNormal, "float32", keras)


def test_an_ignored_seed_is_seen(monkeypatch):
    monkeypatch.setattr(np.random, "default_rng", lambda seed, original=np.random.default_rng: original())
    with pytest.raises(AssertionError):
        test_a_seed_repeats_and_another_one_does_not("he_normal", initializers.HeNormal, "float32")
