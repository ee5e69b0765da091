"""Bounds that stay finite where errors are large: by an activation's image, and by what a result is never below."""

import numpy as np
import pytest

from handnn import activations, layers, optimizers
from handnn.core.trace import LayerTrace
from handnn.core.variable import Variable
from handnn.rounding import allowance, floors
from handnn.rounding.activation_bounds import activation_bound
from handnn.rounding.bounded import Bounded
from handnn.rounding.elementwise import FROM_BELOW
from handnn.rounding.reading import as_read
from handnn.verify.optimizer_steps import OptimizerState, step_taken

WITH_IMAGE = [entry for entry in activations.cases() if entry.image is not None]
OFF = (1e-3, 1.0, 1e2, 1e5)


@pytest.mark.parametrize("entry", WITH_IMAGE, ids=repr)
def test_no_error_takes_an_activation_out_of_its_image(entry, dtype, rng):
    z = (rng.normal(size=(40, 6)) * 10.0 ** rng.integers(-3, 5, (40, 6))).astype(dtype)
    for size in OFF:
        bound = activation_bound(entry, Bounded(z, size))
        for _ in range(8):
            moved = (z + rng.uniform(-size, size, z.shape)).astype(dtype)
            a = entry.forward(np.clip(moved, z - size, z + size))
            assert np.all(entry.image[0] <= a) and np.all(a <= entry.image[1])
            assert np.all(np.abs(np.subtract(a, bound.value, dtype="float64")) <= bound.error)
        assert np.all(bound.error <= 1.01 * (entry.image[1] - entry.image[0]))


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "tanh"])
def test_what_may_overflow_has_no_bound(name, dtype):
    z = np.array([[np.finfo(dtype).max, 1.0], [0.5, 1.0]], dtype)
    error = activation_bound(activations.get(name), Bounded(z, [[np.inf, np.inf], [1e3, 1e3]])).error
    assert np.isinf(error[0]).all() and np.isfinite(error[1]).all()


def test_an_exponential_that_may_be_smaller_does_not_count_as_overflowed():
    z = np.float32([100.0])
    sure, far = (np.reciprocal(np.exp(Bounded(z, error)) + 1).error for error in (1e-3, 50.0))
    assert sure < 1e-37 and not far <= np.exp(-50.0)


def _moved(values, error, least, rng):
    return np.maximum(values + rng.uniform(-1, 1, values.shape) * error, least)


FORMULAS = {
    np.power: lambda x: np.power(x, -0.5),
    np.reciprocal: np.reciprocal,
    np.log: np.log,
    np.divide: lambda x: 3.0 / x,
}


def test_every_rule_that_takes_a_floor_is_checked():
    assert set(FORMULAS) == set(FROM_BELOW)


@pytest.mark.parametrize("ufunc", FORMULAS, ids=lambda ufunc: ufunc.__name__)
def test_an_error_beyond_the_floor_leaves_a_finite_bound(ufunc, dtype, rng):
    """x is a mean of squares and a constant, off by far more than itself: never below the constant."""
    squares = np.abs(rng.normal(size=200) * 10.0 ** rng.integers(-6, 3, 200)).astype(dtype)
    off = squares * rng.choice([0.0, 1e-3, 0.5, 1.0, 1e3], 200) + rng.choice([0.0, 1e-3, 1e2], 200)
    f, least = FORMULAS[ufunc], 1e-3
    x = Bounded(squares, off, 0.0) + least
    bound = f(x)
    assert np.isfinite(bound.error).all()
    lowest = np.maximum(x.value - x.error, least)
    for moved in (lowest, *(_moved(x.value.astype("float64"), x.error, least, rng) for _ in range(20))):
        rounded = 4 * allowance.unit_roundoff(dtype) * np.abs(f(moved))  # the bound is of first order: u |f(x)|
        assert np.all(np.abs(f(moved) - bound.value) <= bound.error + rounded)
    assert not np.isfinite(f(Bounded(x.value, x.error)).error).all()  # which nothing else tells


@pytest.mark.parametrize("ufunc", floors.RULES, ids=lambda ufunc: ufunc.__name__)
def test_no_result_is_below_its_floor(ufunc, dtype, rng):
    lows = [rng.choice([-1.0, 0.0, 1e-3, 2.0], 300) for _ in range(ufunc.nin)]
    for low in zip(*lows, strict=True):
        given = [np.asarray(least + rng.exponential(size=50) * 10.0 ** rng.integers(-9, 3), dtype) for least in low]
        if ufunc is np.sqrt:
            given = [np.abs(x) for x in given]
        inputs = [Bounded(x, 0.0, least) for x, least in zip(given, low, strict=True)]
        least = floors.after(ufunc, np.dtype(dtype), inputs)
        with np.errstate(divide="ignore", over="ignore"):
            assert np.all(ufunc(*given) >= least)


def test_a_floor_is_lost_where_something_else_is_written(rng):
    x = np.square(Bounded(rng.normal(size=4)))
    assert x.least == 0 and (x + 1e-3).least > 0 and (x - 1).least == floors.UNKNOWN
    x[0] = -1.0
    assert x.least == floors.UNKNOWN


def test_zeros_add_up_to_zero(dtype):
    total = np.sum(Bounded(np.array([[0, 0], [0, 1e-3]], dtype)), axis=1)
    assert total.error[0] == 0 < total.error[1]


def test_a_step_of_lamb_without_a_gradient_leaves_the_weights(dtype, rng):
    """0 / 0 is not taken for the quotient of the norms: it is 1, and the step 0."""
    weight = Variable(rng.normal(size=(3, 2)).astype(dtype), name="kernel", path="dense/kernel")
    optimizer = optimizers.Lamb(0.1)
    own = optimizer.unbuilt()
    own.build([weight])
    before = OptimizerState([weight.value.copy()], [np.array(v.value) for v in own.variables])
    (stepped,), _ = step_taken(optimizer, before, [np.zeros((3, 2), dtype)], [weight], Bounded)
    assert np.array_equal(stepped.value.value, before.weights[0]) and np.all(stepped.value.error < 1e-6)


def test_zero_by_what_may_be_nan_is_open(dtype):
    """Adafactor: 0 / sqrt(v) is NaN where TensorFlow flushes v, and so is the root of the mean square of all steps."""
    zero, one = np.zeros((), dtype), np.ones((), dtype)
    assert (Bounded(zero) / Bounded(one, np.inf, least=1.0)).error == np.inf
    assert (Bounded(zero) / Bounded(one, 5.0, least=1.0)).error == 0


def test_a_quotient_is_rounded_even_if_it_is_an_integer(dtype):
    """Compiled TensorFlow multiplies by the reciprocal: 49 (1/49) is not 1."""
    assert (Bounded(np.asarray(49, dtype)) / 49).error > 0


# ---- layers ----------------------------------------------------------------------------------------------------------


def test_attention_of_huge_scores_has_a_bound(rng):
    """Scores of 1e8 are off by more than 1 in float32: weights that compete may be anything, but in [0, 1]."""
    layer = layers.MultiHeadAttention(2, 3, name="attention")
    x = (rng.normal(size=(4, 5, 6)) * 3e4).astype("float32")
    x[:, 3] = x[:, 2]  # keys that compete
    layer(x, x)
    found, bound = (
        _passed(layer, kind(x), kind(rng.normal(size=x.shape).astype("float32"))) for kind in (np.array, as_read)
    )
    for name, reference in bound.items():
        assert np.isfinite(reference.error).all(), name
    other = _passed(layer, x.astype("float64"), None)
    assert np.all(np.abs(found["z"] - other["z"]) <= bound["z"].error)


def _passed(layer, x, delta):
    t = LayerTrace(layer.name)
    t.x, t.training = (x, x), False
    layer.forward(t)
    if delta is None:
        return {"z": t.z}
    t.delta = delta
    layer.backward(t)
    return {"z": t.z, **t.gradients, **{f"dx[{k}]": part for k, part in enumerate(t.dx) if part is not None}}


@pytest.mark.parametrize("cls", [layers.GroupNormalization, layers.BatchNormalization, layers.LayerNormalization])
def test_equal_numbers_far_from_0_are_normalized_within_a_bound(cls, rng):
    """Their variance is 0, off by more than epsilon: its inverse root is at most epsilon^(-1/2)."""
    layer = cls(name="normalization", **({"groups": 2} if cls is layers.GroupNormalization else {}))
    x = np.full((8, 4), 3e5, "float32") + (rng.normal(size=(8, 4)) * 0.1).astype("float32")
    layer(x)
    results = []
    for kind in (np.array, as_read):
        t = LayerTrace(layer.name)
        t.x, t.training = kind(x), True
        layer.forward(t)
        t.delta, t.wants_dx = kind(x * 0 + np.float32(0.1)), True
        layer.backward(t)
        results.append((t.z, t.dx, *t.gradients.values()))
    for found, bound in zip(*results, strict=True):
        assert np.isfinite(bound.error).all() and np.array_equal(found, bound.value)
