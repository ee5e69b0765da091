"""Initializers: the distribution is Keras', the seed repeats it, the config is Keras'.

Samples are compared with samples of the Keras initializer. What two correct samples of n values may differ by follows
from n and FALSE_ALARM, the probability with which such a comparison may fail by chance (the seeds are fixed, so a test
that passes once always passes).
"""

import inspect
import math

import mpmath
import numpy as np
import pytest

import handnn
from handnn import initializers, utils
from handnn.initializers import RandomInitializer, fans
from handnn.initializers import initializers as registry
from handnn.initializers.random import TRUNCATED_DEVIATION
from handnn.proof.not_supported import ABSENT
from handnn.proof.keras.initializers import FALSE_ALARM, NORMAL, SHAPE, distances, known, off_orthonormal

each_initializer = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
RANDOM = {name: cls for name, cls in registry.items() if issubclass(cls, RandomInitializer)}
INDEPENDENT = {name: cls for name, cls in RANDOM.items() if name != "orthogonal"}
each_independent = pytest.mark.parametrize(
    ("name", "cls"),
    [(n, c) for n, c in registry.items() if n != "orthogonal"],
    ids=[n for n in registry if n != "orthogonal"],
)
each_random = pytest.mark.parametrize(("name", "cls"), RANDOM.items(), ids=list(RANDOM))
SCALINGS = [
    {"scale": 2.5, "mode": mode, "distribution": distribution}
    for mode in ("fan_in", "fan_out", "fan_avg")
    for distribution in ("uniform", "truncated_normal", "untruncated_normal")
]


def check_same_distribution(ours, theirs):
    for what, ratio in distances(ours, theirs).items():
        assert ratio <= 1, f"{what}: distance / allowed is {ratio:.3g}"


@each_independent
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
        "truncated_normal": 2 * (width / TRUNCATED_DEVIATION),
        "untruncated_normal": math.inf,
    }[options["distribution"]]
    values = initializers.VarianceScaling(**options, seed=1)(SHAPE, dtype)
    assert np.abs(values).max() <= np.dtype(dtype).type(limit)


def test_deviation_of_the_truncated_normal():
    """sigma^2 = 1 - 2 c phi(c) / (2 Phi(c) - 1) of a standard normal cut at c = 2, to the last digit."""
    with mpmath.workdps(50):
        inside = 2 * mpmath.ncdf(2) - 1
        assert float(mpmath.sqrt(1 - 4 * mpmath.npdf(2) / inside)) == TRUNCATED_DEVIATION


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


@pytest.mark.parametrize("shape", [(), (0,), (3,), (3, 0), (3, 4), (2, 3, 4), (2, 3, 4, 5)], ids=str)
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
        if cls is not initializers.Identity or not options:  # Keras forgets the gain
            assert found.get_config() == theirs(**options).get_config()
            assert initializers.serialize(found) == keras.initializers.serialize(theirs(**options))
        assert theirs.from_config({"value": 0.0} | found.get_config() if name == "constant" else found.get_config())
        again = initializers.get(keras.initializers.serialize(theirs.from_config(found.get_config())))
        assert (type(again), again.get_config()) == (cls, theirs.from_config(found.get_config()).get_config())


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


# What theory says of the samples.

TRUNCATED = 2 * NORMAL.cdf(2) - 1  # the share of a standard normal within two deviations
FAMILIES = {  # of mean 0 and variance 1: distribution function and fourth moment
    "uniform": (lambda x: np.clip(x / math.sqrt(12) + 0.5, 0, 1), 9 / 5),
    "normal": (np.vectorize(NORMAL.cdf), 3.0),
    "truncated_normal": (
        lambda x: np.clip((np.vectorize(NORMAL.cdf)(x * TRUNCATED_DEVIATION) - NORMAL.cdf(-2)) / TRUNCATED, 0, 1),
        (3 - (2**3 + 3 * 2) * 2 * NORMAL.pdf(2) / TRUNCATED) / TRUNCATED_DEVIATION**4,
    ),
}
"""E x^4 of a normal cut at c is 3 - (c^3 + 3c) 2 phi(c) / (2 Phi(c) - 1), by parts twice."""

THEORY = {  # (family, mean, standard deviation) of samples of SHAPE with ARGUMENTS
    "random_normal": ("normal", 0.5, 2.0),
    "random_uniform": ("uniform", 1.0, 4 / math.sqrt(12)),
    "truncated_normal": ("truncated_normal", 0.5, 2.0 * TRUNCATED_DEVIATION),
    "variance_scaling": ("uniform", 0.0, math.sqrt(2.5 / 150)),
    "glorot_uniform": ("uniform", 0.0, math.sqrt(2 / 300)),
    "glorot_normal": ("truncated_normal", 0.0, math.sqrt(2 / 300)),
    "he_uniform": ("uniform", 0.0, math.sqrt(2 / 100)),
    "he_normal": ("truncated_normal", 0.0, math.sqrt(2 / 100)),
    "lecun_uniform": ("uniform", 0.0, math.sqrt(1 / 100)),
    "lecun_normal": ("truncated_normal", 0.0, math.sqrt(1 / 100)),
}


def check_theory(values, family, mean, deviation):
    """Mean and variance by the central limit theorem, the distribution by P(D > d) <= 2 exp(-2 n d^2) (Massart)."""
    distribution, fourth = FAMILIES[family]
    standard = np.sort((np.ravel(values).astype("float64") - mean) / deviation)
    n, quantile = standard.size, NORMAL.inv_cdf(1 - FALSE_ALARM / 2)
    assert abs(standard.mean()) <= quantile / math.sqrt(n), "mean"
    assert abs((standard**2).mean() - 1) <= quantile * math.sqrt((fourth - 1) / n), "variance"
    steps, expected = np.arange(n + 1) / n, distribution(standard)
    distance = max(np.abs(expected - steps[1:]).max(), np.abs(expected - steps[:-1]).max())
    assert distance <= math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n)), f"distribution, distance {distance:.3g}"


def test_theory_knows_every_distribution():
    assert set(THEORY) == set(INDEPENDENT)


@pytest.mark.parametrize("name", list(THEORY))
def test_samples_are_distributed_as_theory_says(name, dtype):
    cls = registry[name]
    options = {k: v for k, v in known(cls).items() if k not in ("input_axes", "output_axes")}
    check_theory(cls(**options)(SHAPE, dtype), *THEORY[name])


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_family_that_is_another_is_seen(family):
    others = {"uniform": "truncated_normal", "normal": "uniform", "truncated_normal": "uniform"}
    scale = initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal" if family == "normal" else family, seed=1)
    with pytest.raises(AssertionError):
        check_theory(scale(SHAPE), others[family], 0.0, 0.1)


# Orthogonal and Identity

SHAPES = [(4, 4), (7, 3), (3, 7), (1, 5), (5, 1), (2, 3, 4), (2, 2, 9), (2, 2, 2, 3), (1, 1)]


@pytest.mark.parametrize("gain", [1.0, 0.3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_columns_or_rows_are_orthonormal(shape, gain, dtype, keras):
    values = initializers.Orthogonal(gain, seed=3)(shape, dtype)
    theirs = keras.initializers.Orthogonal(gain, seed=3)(shape, dtype).numpy()
    assert (values.shape, values.dtype) == (theirs.shape, theirs.dtype) == (shape, dtype)
    assert off_orthonormal(values, gain) <= 1


def matrices(module, count):
    """Independent ones."""
    return np.array([np.asarray(module.Orthogonal(seed=seed)((3, 3))) for seed in range(1, count + 1)])


@pytest.mark.slow
def test_every_orthogonal_matrix_is_equally_likely(keras):
    """Each column is then uniform on the sphere, and so each coordinate on [-1, 1] (Archimedes)."""
    ours = matrices(initializers, 4000)
    check_theory(ours[:, 1, 1], "uniform", 0.0, 1 / math.sqrt(3))
    check_theory(matrices(keras.initializers, 300)[:, 1, 1], "uniform", 0.0, 1 / math.sqrt(3))
    sides = np.sign(np.linalg.det(ours))
    assert abs(np.mean(sides)) <= NORMAL.inv_cdf(1 - FALSE_ALARM / 2) / math.sqrt(len(sides))


@pytest.mark.slow
def test_forgotten_signs_of_r_are_seen(monkeypatch):
    monkeypatch.setattr(np, "sign", lambda x: np.ones_like(x))  # Householder's R has a negative diagonal
    with pytest.raises(AssertionError, match="mean"):
        check_theory(matrices(initializers, 4000)[:, 1, 1], "uniform", 0.0, 1 / math.sqrt(3))


def test_a_column_of_another_length_is_seen(monkeypatch, keras):
    drawn = initializers.Orthogonal.__call__
    longer = lambda self, shape, dtype: drawn(self, shape, dtype) * (1 + 4 * np.finfo(dtype).eps)  # noqa: E731
    monkeypatch.setattr(initializers.Orthogonal, "__call__", longer)
    with pytest.raises(AssertionError):
        test_columns_or_rows_are_orthonormal((4, 4), 1.0, "float32", keras)


@pytest.mark.parametrize("gain", [1.0, 0.1, -3])
@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (0, 2)], ids=str)
def test_identity_is_keras_to_the_bit(shape, gain, dtype, keras):
    found, expected = (m.Identity(gain)(shape, dtype=dtype) for m in (initializers, keras.initializers))
    assert found.dtype == dtype
    assert np.array_equal(found.view("u1"), expected.numpy().view("u1"))


@pytest.mark.parametrize("value", [0.1, 3, [0.1, 0.2, 0.3], np.array([0.1, 0.2, 0.3])], ids=str)
def test_constants_are_keras_to_the_bit(value, dtype, keras):
    found, expected = (m.Constant(value)((2, 3), dtype=dtype) for m in (initializers, keras.initializers))
    assert np.array_equal(found, expected) and found.dtype == dtype
    assert initializers.Constant(value).get_config() == keras.initializers.Constant(value).get_config()
    again = initializers.get(keras.initializers.serialize(keras.initializers.Constant(value)))
    assert np.array_equal(again((2, 3), dtype=dtype), expected)


# What get takes, and what layers make of it


def test_every_name_of_keras_is_there_or_has_a_reason(keras):
    public = {name for name in dir(keras.initializers) if not name.startswith("_")}
    reasons = {alias for name in ABSENT["initializers"] for alias in (name, name.lower(), f"{name}Initializer")}
    assert {name for name in public if not hasattr(initializers, name)} == public & reasons
    named = {name for name in public - reasons if inspect.isclass(getattr(keras.initializers, name))}
    for name in named:
        assert getattr(initializers, name).__name__ == getattr(keras.initializers, name).__name__
    with pytest.raises(AttributeError, match="nonsense"):
        initializers.nonsense  # noqa: B018


def test_get_takes_what_keras_takes(keras):
    ones = lambda shape, dtype=None: np.ones(shape, dtype)  # noqa: E731
    assert initializers.get(None) is keras.initializers.get(None) is None
    assert initializers.get(ones) is keras.initializers.get(ones) is ones
    assert type(initializers.get(initializers.Ones)) is initializers.Ones
    given = np.arange(6.0).reshape(2, 3)
    for module in (initializers, keras.initializers):
        found = np.asarray(module.get(given)((2, 3), dtype="float32"))
        assert np.array_equal(found, given) and found.dtype == "float32"
        with pytest.raises(ValueError, match=r"\(3, 2\)"):
            module.get(given)((3, 2))
        with pytest.raises((TypeError, ValueError)):
            module.get(5)


@pytest.mark.parametrize("given", ["array", "function", "class", None], ids=str)
def test_a_layer_takes_them_all(given, dtype, keras):
    W = np.arange(12.0).reshape(3, 4)
    for module in (handnn, keras):
        choices = {"array": W, "function": lambda shape, dtype=None: W, "class": module.initializers.Ones, None: None}
        layer = module.layers.Dense(4, kernel_initializer=choices[given], dtype=dtype)
        layer.build((None, 3))
        kernel = np.asarray(layer.kernel)
        assert kernel.dtype == dtype
        if given is None:  # Keras takes GlorotUniform
            assert 0 < np.abs(kernel).max() <= np.dtype(dtype).type(math.sqrt(6 / 7))
            assert layer.get_config()["kernel_initializer"] is None
        else:
            assert np.array_equal(kernel, np.ones((3, 4)) if given == "class" else W)


def test_an_initializer_of_another_shape_is_refused():
    layer = handnn.layers.Dense(4, kernel_initializer=lambda shape, dtype=None: np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"shape \(3, 4\); received \(4, 3\)"):
        layer.build((None, 3))


@pytest.mark.parametrize("cls", [initializers.Identity, initializers.Orthogonal])
def test_a_vector_is_refused(cls):
    with pytest.raises(ValueError, match=r"shape must have two axes.*\(3,\)"):
        cls()((3,))


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
    monkeypatch.setattr("handnn.initializers.random.TRUNCATED_DEVIATION", 1.0)
    with pytest.raises(AssertionError, match="variance"):
        test_samples_are_distributed_as_keras("he_normal", initializers.HeNormal, "float32", keras)


def test_an_ignored_seed_is_seen(monkeypatch):
    monkeypatch.setattr(np.random, "default_rng", lambda seed, original=np.random.default_rng: original())
    with pytest.raises(AssertionError):
        test_a_seed_repeats_and_another_one_does_not("he_normal", initializers.HeNormal, "float32")


def test_an_orthogonal_matrix_of_one_element_is_1_or_minus_1():
    """Without the signs of R's diagonal, Q is not uniform: of one element it would always be 1."""
    drawn = [float(initializers.Orthogonal(seed=seed)((1, 1))[0, 0]) for seed in range(40)]
    assert 5 < drawn.count(1.0) < 35 and drawn.count(1.0) + drawn.count(-1.0) == 40


def test_weights_of_float64_have_all_its_digits():
    """Drawn in float32 they would have half of them."""
    drawn = initializers.weight(initializers.GlorotUniform(seed=1), (5, 4), "float64")
    assert drawn.dtype == np.float64 and (drawn != drawn.astype("float32")).all()


@pytest.mark.parametrize(("argument", "value"), [("mode", "fan"), ("distribution", "gauss"), ("scale", 0.0)])
def test_bad_arguments_of_variance_scaling_are_one_line(argument, value):
    with pytest.raises(ValueError, match=rf"{argument} must .*; received") as told:
        initializers.VarianceScaling(**{argument: value})
    assert "\n" not in str(told.value)
