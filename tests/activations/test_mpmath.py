"""Every activation against its own forward formula (complex step or differences) and against mpmath at 50 digits."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from handnn import activations
from handnn.activations import Elu, Gelu, Squareplus
from handnn.rounding import allowance
from handnn.verify import numeric_gradients
from handnn.proof import mpmath_activations
from handnn.proof.keras.activations import referee_points
from handnn.rounding.activation_bounds import activation_bound, residual_bound
from handnn.rounding.bounded import Bounded

CASES = list(activations.cases())
NAME = "handnn.activations."
each_case = pytest.mark.parametrize("entry", CASES, ids=lambda entry: repr(entry).removeprefix(NAME))
each_elementwise = pytest.mark.parametrize(
    "entry", [e for e in CASES if e.elementwise], ids=lambda entry: repr(entry).removeprefix(NAME)
)


def points_of(entry, width, rng):
    """Float64 rows on which differences of forward do not step over a kink."""
    ordinary, small = 3 * rng.normal(size=(8, width)), 1e-6 * rng.normal(size=(1, width))
    z = np.concatenate([ordinary, small, rng.choice([-30.0, 30.0], (3, width))])
    for kink in entry.kinks:
        near = np.abs(z - kink) < 1e-3 * max(1.0, abs(kink))
        z[near] = kink + np.copysign(1e-3 * max(1.0, abs(kink)), z[near] - kink)
    return z


@pytest.mark.quick(29)
@each_case
def test_backward_is_the_derivative_of_forward(entry, points, rng):
    z = points_of(entry, points.width, rng)
    upstream = points.cotangent(points.output(entry, z), "float64", rng)
    assert numeric_gradients.activation(entry, z, upstream).ratio <= 1


def in_units(error, z, exact):
    u, tiny = allowance.unit_roundoff(z.dtype), allowance.smallest_normal(z.dtype)
    return np.maximum(0.5, np.broadcast_to(error, z.shape) / np.array([max(u * abs(float(e)), tiny) for e in exact]))


def units_allowed(entry, z, exact):
    """The bound of handnn's own formula in units, or the calibrated c; half a unit if it is exact."""
    own = allowance.of_function(entry.calibrated or entry.name, z, 0.0 * z)  # c u |z|, for the c
    calibrated = np.divide(own, allowance.unit_roundoff(z.dtype) * np.abs(z), out=0 * own, where=z != 0)
    return np.maximum(calibrated, in_units(getattr(entry.forward(Bounded(z)), "error", 0.0), z, exact))


def check_units(entry, z, found, allowed=None):
    exact = mpmath_activations.exact(mpmath_activations.of(entry), z)
    off = mpmath_activations.units_off(found, exact)
    allowed = units_allowed(entry, z, exact) if allowed is None else in_units(allowed, z, exact)
    worst = int((off / allowed).argmax())
    found = f"{entry.name}({z[worst]!r}) is {off[worst]:.2f} units off, allowed {allowed[worst]:.2f}"
    assert off[worst] <= allowed[worst], found


@pytest.mark.quick(15)
@each_elementwise
def test_mpmath_both_sides_are_within_their_units(entry, dtype, points, tensorflow_pass, rng):
    """Handnn's within the bound of its own formula, Keras' within that of the one which loses more."""
    z = referee_points(entry, dtype, rng)
    check_units(entry, z, entry.forward(z))
    check_units(entry, z, tensorflow_pass(entry, z, z)[0], activation_bound(entry, z).error)


@pytest.mark.quick(15)
@each_elementwise
def test_mpmath_both_derivatives_are_within_the_bound_of_the_formula(entry, dtype, points, tensorflow_pass, rng):
    z = referee_points(entry, dtype, rng)
    upstream = points.cotangent(z.shape, dtype, rng)
    slopes = mpmath_activations.exact(mpmath_activations.of(entry), z, derivative=True)
    own = entry.backward(Bounded(upstream), Bounded(z), activation_bound(entry, z))
    either = residual_bound(entry, upstream, z, activation_bound(entry, z))
    sides = (
        (entry.backward(upstream, z, entry.forward(z)), getattr(own, "error", 0.0)),
        (tensorflow_pass(entry, z, upstream)[1], either.error),
    )
    for delta, bound in sides:
        allowed = bound + np.full(z.shape, allowance.smallest_normal(dtype))
        assert np.isfinite(allowed).all()
        with mpmath.workdps(mpmath_activations.DIGITS):
            pairs = zip(slopes, upstream.tolist(), delta.tolist(), strict=True)
            share = np.array([float(abs(slope * g - d)) for slope, g, d in pairs]) / allowed
        assert share.max() <= 1, f"error / bound is {share.max():.2f} at {z[share.argmax()]!r}"


def test_every_elementwise_activation_has_a_referee():
    assert set(mpmath_activations.EXACT) == {entry.name for entry in CASES if entry.elementwise}


# ---- where digits are at stake --------------------------------------------------------------------------------------

DELICATE = {
    "softplus": (activations.softplus, -20, 5),
    "log_sigmoid": (activations.log_sigmoid, -5, 20),
    "mish": (activations.mish, -40, 5),
    "squareplus": (activations.squareplus, -1e10, 0),
    "tanh_shrink": (activations.tanh_shrink, -1, 1),
    "elu": (activations.elu, -0.1, 0),
    "elu, alpha": (Elu(0.3), -0.1, 0),
    "selu": (activations.selu, -0.1, 0),
    "gelu, approximate": (Gelu(approximate=True), -9, 0),
}
HOPELESS = ("squareplus", "tanh_shrink", "elu", "elu, alpha", "selu", "gelu, approximate")
"""Those of which Keras returns not a single right digit somewhere."""


@pytest.mark.quick(5)
@pytest.mark.parametrize("name", DELICATE)
def test_delicate_regions_are_as_good_as_tensorflows_or_better(name, dtype, tensorflow_pass, rng):
    entry, low, high = DELICATE[name]
    size = 10.0 ** rng.uniform(-17, 10, 400)
    z = np.concatenate([rng.uniform(low, high, 400), -size[size <= -low], size[size <= high]]).astype(dtype)
    exact = mpmath_activations.exact(mpmath_activations.of(entry), z)
    ours = mpmath_activations.units_off(entry.forward(z), exact).max()
    theirs = mpmath_activations.units_off(tensorflow_pass(entry, z, z)[0], exact).max()
    assert ours <= theirs
    assert (theirs * allowance.unit_roundoff(dtype) > 0.5) == (name in HOPELESS)


def test_log_softmax_keeps_its_digits_where_one_class_has_all_the_probability(dtype, tensorflow_pass, rng):
    z = rng.normal(size=(40, 4)).astype(dtype)
    z[:, 1] += rng.uniform(5, 60, 40).astype(dtype)
    with mpmath.workdps(mpmath_activations.DIGITS):
        exact = []
        for row in z.tolist():
            total = mpmath.log(sum(mpmath.exp(v) for v in row))
            exact += [v - total for v in row]
    ours = mpmath_activations.units_off(activations.log_softmax.forward(z).ravel(), exact)
    theirs = mpmath_activations.units_off(tensorflow_pass(activations.log_softmax, z, z)[0].ravel(), exact)
    own = activations.log_softmax.forward(Bounded(z)).error.ravel()
    assert np.all(ours <= in_units(own, z.ravel(), exact))
    assert theirs.max() * allowance.unit_roundoff(dtype) > 0.5 > 1e4 * ours.max() * allowance.unit_roundoff(dtype)


# ---- sparsemax ------------------------------------------------------------------------------------------------------


def projected(row):
    """The nearest point of the simplex in exact fractions: on one support the conditions of optimality hold."""
    z = [Fraction(float(v)) for v in row]
    for size in range(1, len(z) + 1):
        for support in itertools.combinations(range(len(z)), size):
            tau = (sum(z[i] for i in support) - 1) / size
            if all((z[i] > tau) == (i in support) for i in range(len(z))):
                return [max(v - tau, Fraction(0)) for v in z]
    raise AssertionError(row)


@pytest.mark.parametrize("scale", [0.1, 1.0, 100.0])
def test_sparsemax_is_the_exact_projection(scale, dtype, rng):
    z = (scale * rng.normal(size=(60, 5))).astype(dtype)
    z[::7, 1] = z[::7, 3]
    exact = [projected(row) for row in z]
    found, bound = activations.sparsemax.forward(z), activations.sparsemax.forward(Bounded(z)).error
    for row, expected, allowed in zip(found, exact, bound, strict=True):
        error = [abs(float(Fraction(float(a)) - e)) for a, e in zip(row, expected, strict=True)]
        assert np.all(error <= allowed)
    assert bound.max() < 100 * allowance.unit_roundoff(dtype) * max(1.0, np.abs(z).max())


# Planted mistakes: each kind of check must see one.


def test_a_wrong_forward_is_seen(monkeypatch, points, rng):
    monkeypatch.setattr(activations.Tanh, "forward", lambda self, z, out=None: np.tanh(z * (1 + 2e-6)))
    z = points.rows(activations.tanh, "ordinary", "float32", rng).ravel()
    with pytest.raises(AssertionError, match="units off"):
        check_units(activations.tanh, z, activations.tanh.forward(z))


@pytest.mark.parametrize("entry", [activations.tanh_shrink, activations.elu, Squareplus(0.3)], ids=repr)
def test_the_formula_that_loses_digits_is_seen(entry, points, rng, monkeypatch):
    """Keras' own formula in handnn's place: its loss is allowed to Keras, not to handnn."""
    z = referee_points(entry, "float32", rng)
    with pytest.raises(AssertionError, match="units off"):
        check_units(entry, z, entry.keras_forward(z))


@pytest.mark.quick(15)
@each_case
def test_a_backward_that_is_wrong_by_a_thousandth_is_seen(entry, points, rng, monkeypatch):
    if entry.name == "linear":
        return  # backward hands its argument on
    right = type(entry).backward
    monkeypatch.setattr(type(entry), "backward", lambda self, *given, out=None: 1.001 * right(self, *given))
    z = points_of(entry, points.width, rng)
    upstream = points.cotangent(points.output(entry, z), "float64", rng)
    assert numeric_gradients.activation(entry, z, upstream).ratio > 1
