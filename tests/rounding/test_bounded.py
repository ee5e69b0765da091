"""Every rule of `rounding.RULES` is sound: no real error above the bound.

Single operations are held against mpmath at 50 digits, functions of whole arrays in float32 against themselves in
float64, whose own rounding is nine digits further down. Whole formulas: test_rounding_of_formulas.py.
"""

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import erfc

from handnn.activations import sigmoid
from handnn.rounding import allowance
from handnn.verify import steps
from handnn.rounding.allowance import gamma
from handnn.rounding.bounded import COMPARISONS, Bounded
from handnn.rounding.elementwise import RULES, SCIPY_RULES


def exact(array):
    return np.asarray(array, "float64")


def real_error(formula, *arrays):
    """|formula in float32 - formula in float64| from the same float32 arrays."""
    return np.abs(exact(formula(*arrays)) - formula(*map(exact, arrays)))


def bound(formula, *arrays):
    return formula(*map(Bounded, arrays)).error


def draw(rng, *shape, scale=1.0):
    return (rng.normal(size=shape) * scale).astype("float32")


# ---- the rules, one operation at a time -----------------------------------------------------------------------------

EXACT = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.divide: lambda a, b: a / b,
    np.reciprocal: lambda a: 1 / a,
    np.square: lambda a: a * a,
    np.sqrt: mpmath.sqrt,
    np.power: mpmath.power,
    np.negative: lambda a: -a,
    np.absolute: abs,
    np.sign: mpmath.sign,
    np.maximum: max,
    np.minimum: min,
    np.hypot: mpmath.hypot,
    np.exp: mpmath.exp,
    np.expm1: mpmath.expm1,
    erfc: mpmath.erfc,
    np.log: mpmath.log,
    np.log1p: lambda a: mpmath.log(1 + a),
    np.tanh: mpmath.tanh,
    np.floor: mpmath.floor,
    np.ceil: mpmath.ceil,
    np.cos: mpmath.cos,
    np.sin: mpmath.sin,
}
TRUTH = {np.bitwise_and, np.bitwise_or, np.invert}
STEPS = {np.heaviside}
DOMAIN = {  # smallest and largest argument, where not everything is allowed
    np.sqrt: (0.0, 2.0**100),
    np.power: (0.0, 8.0),
    np.exp: (-80.0, 80.0),
    np.expm1: (-80.0, 80.0),
    erfc: (-9.0, 9.0),
    np.log: (2.0**-100, 2.0**100),
    np.log1p: (-0.875, 2.0**100),
}
SECOND_ORDER = 8
"""The rules are of first order: they take the rounded result for the exact one, and are rounded themselves."""


def by_name(ufuncs):
    return sorted(ufuncs, key=lambda ufunc: ufunc.__name__)


elementary = pytest.mark.parametrize("ufunc", by_name(EXACT), ids=lambda f: f.__name__)


def test_every_rule_is_checked():
    assert set(EXACT) | TRUTH | STEPS == set(RULES) | {erfc}
    assert set(SCIPY_RULES) == {"erfc"}


def check_rule(ufunc, dtype, values, errors, shares):
    """|r - f(A, B)| <= the rule's bound, for exact A = a + share * error."""
    arguments = [Bounded(np.dtype(dtype).type(v), e) for v, e in zip(values, errors, strict=True)]
    with np.errstate(all="ignore"):
        found = ufunc(*arguments)
    if not np.isfinite(found.value) or not np.isfinite(found.error):
        return
    with mpmath.workdps(100):
        off = [
            mpmath.mpf(float(a.value)) + s * mpmath.mpf(float(a.error)) for a, s in zip(arguments, shares, strict=True)
        ]
        if ufunc in (np.sqrt, np.log, np.power) and off[0] < 0:
            off[0] = mpmath.mpf(0)
        error = abs(mpmath.mpf(float(found.value)) - EXACT[ufunc](*off))
        limit = mpmath.mpf(float(found.error)) * (1 + gamma(SECOND_ORDER, allowance.unit_roundoff(dtype)))
        assert error <= limit, (ufunc, values, errors, shares, float(error), float(found.error))


@elementary
def test_rule_is_sound_on_hundreds(ufunc, dtype, rng, quick):
    count, (low, high) = 100 if quick else 400, DOMAIN.get(ufunc, (-(2.0**50), 2.0**50))
    for _ in range(count):
        size = np.exp(rng.uniform(np.log(1e-12), np.log(min(high, 2.0**50)), ufunc.nin))
        values = np.clip(np.where(rng.random(ufunc.nin) < 0.5, -size, size), low, high)
        errors = np.abs(values) * rng.choice([0, 1e-9, 1e-6, 1e-3, 0.2, 1.5], ufunc.nin) * rng.random(ufunc.nin)
        shares = rng.choice([-1.0, 1.0, rng.uniform(-1, 1)], ufunc.nin)
        check_rule(ufunc, dtype, values.tolist(), errors.tolist(), shares.tolist())


@elementary
@given(data=st.data())
def test_rule_is_sound_at_odd_points(ufunc, data):
    low, high = DOMAIN.get(ufunc, (-(2.0**50), 2.0**50))
    number = st.floats(low, high, width=32)
    values = [data.draw(number) for _ in range(ufunc.nin)]
    relative = st.sampled_from([0.0, 2.0**-24, 1e-3, 0.1])
    errors = [abs(v) * data.draw(relative) for v in values]
    shares = [data.draw(st.sampled_from([-1.0, 0.0, 1.0])) for _ in values]
    for dtype in ("float32", "float64"):
        check_rule(ufunc, dtype, values, errors, shares)


@pytest.mark.parametrize(
    "ufunc", sorted(COMPARISONS - {np.isfinite, np.isnan}, key=lambda f: f.__name__), ids=lambda f: f.__name__
)
def test_comparison_that_rounding_may_turn_round_is_marked(ufunc, rng):
    a, b = rng.integers(0, 4, 2000) / 4, rng.integers(0, 4, 2000) / 4
    ea, eb = rng.choice([0, 0.1, 0.3], 2000), rng.choice([0, 0.1, 0.3], 2000)
    found = ufunc(Bounded(a, ea), Bounded(b, eb))
    for share_a, share_b in ((-1, 1), (1, -1), (0, 0), (0.5, 1)):
        turned = ufunc(a + share_a * ea, b + share_b * eb) != found.value
        assert np.all(found.error[turned] == 1)
    assert set(found.error) == {0.0, 1.0}
    assert np.array_equal(found.error > 0, (ea + eb > 0) & (np.abs(a - b) <= ea + eb))


def test_comparison_of_exact_numbers_is_a_plain_array(rng):
    assert type(Bounded(draw(rng, 5)) > 0) is np.ndarray


@pytest.mark.parametrize("ufunc", by_name(TRUTH), ids=lambda f: f.__name__)
def test_truth_values_carry_their_doubt(ufunc):
    doubtful, sure = Bounded(np.array([True, False]), [1.0, 1.0]), Bounded(np.array([True, True]))
    found = ufunc(*[doubtful, sure][: ufunc.nin])
    assert found.error.tolist() == [1.0, 1.0]


def test_step_is_in_doubt_where_rounding_may_reach_it_from_afar():
    """But not at 0 itself: a difference of exactly 0 is one of equal bits, on both sides."""
    found = np.heaviside(Bounded(np.array([-0.2, -0.05, 0.0, 0.05, 0.2]), 0.1), 1)
    assert found.value.tolist() == [0, 0, 1, 1, 1]
    assert found.error.tolist() == [0, 1, 0, 1, 0]


def test_largest_element_is_as_doubtful_as_those_that_may_be_it(rng):
    x, error = draw(rng, 200, 5), rng.choice([0.0, 0.1, 1.0], (200, 5))
    found = np.max(Bounded(x, error), axis=-1)
    for _ in range(50):
        assert np.all(np.abs(np.max(x + error * rng.uniform(-1, 1, x.shape), axis=-1) - found.value) <= found.error)
    assert np.max(Bounded(np.array([3.0, 1.0]), [0.0, 0.5])).error == 0


def test_choice_by_a_doubtful_condition_may_be_the_other(rng):
    x, y, z = draw(rng, 100), draw(rng, 100), draw(rng, 100)
    found = np.where(Bounded(z, 0.1) > 0, Bounded(x), Bounded(y))
    near = np.abs(z) <= 0.1
    assert near.any()
    assert np.all(found.error[near] >= np.abs(exact(x) - exact(y))[near])
    assert np.all(found.error[~near] == 0)


@example(count=1)
@given(count=st.integers(1, 4000))
def test_sums_and_products_are_sound(count):
    rng = np.random.default_rng(count)
    x, w = draw(rng, 3, count), draw(rng, count, 4)
    for formula in (lambda x, w: np.dot(x, w), lambda x, w: x.sum(axis=-1), lambda x, w: np.sum(w, axis=0)):
        assert np.all(real_error(formula, x, w) <= bound(formula, x, w))


@example(count=1)
@given(count=st.integers(1, 4000))
def test_means_and_variances_are_sound(count):
    """Also where the mean is far larger than the deviations from it, and of numbers that are off themselves."""
    rng = np.random.default_rng(count)
    x = draw(rng, count, 3) + draw(rng, 3, scale=1e3)
    off = np.abs(x) * rng.choice([0, 1e-7, 1e-4], x.shape)
    moved = x + off * rng.choice([-1, 1], x.shape)
    for formula in (
        lambda x: np.mean(x, axis=0),
        lambda x: np.var(x, axis=0),
        lambda x: np.var(x, axis=(0, 1), keepdims=True, mean=np.mean(x, keepdims=True)),
    ):
        assert np.all(real_error(formula, x) <= bound(formula, x))
        assert np.all(np.abs(exact(formula(x)) - formula(moved)) <= formula(Bounded(x, off)).error)


def test_a_wrong_mean_moves_the_variance_by_its_square(rng):
    x = draw(rng, 500, 2)
    mean = np.mean(exact(x), axis=0, keepdims=True)
    off = np.array([[0.5, 1e-3]])
    found = np.var(Bounded(exact(x)), axis=0, keepdims=True, mean=Bounded(mean, off))
    error = np.abs(np.var(exact(x), axis=0, keepdims=True, mean=mean + off) - found.value)
    assert np.all(error <= found.error) and np.all(found.error <= 1.01 * error)


def test_an_inverse_root_has_tensorflows_own_kernel(dtype):
    x = Bounded(np.dtype(dtype).type(3))
    shares = [float(r.error / (allowance.unit_roundoff(dtype) * float(r.value))) for r in (x**-0.5, np.power(x, -0.25))]
    larger = max(allowance.c("rsqrt", dtype), allowance.c("power", dtype))
    assert shares == pytest.approx([larger, allowance.c("power", dtype)])


@pytest.mark.parametrize("axis", [0, 1])
def test_sort_and_cumulative_sum_are_sound(axis, rng):
    x = draw(rng, 30, 40)
    off = rng.uniform(-1, 1, x.shape) * 1e-3
    moved = Bounded(x, 1e-3)
    for formula in (lambda x: np.sort(x, axis=axis), lambda x: np.cumsum(x, axis=axis)):
        found = formula(moved)
        assert np.array_equal(found.value, formula(x))
        assert np.all(np.abs(formula(exact(x) + off) - found.value) <= found.error)
    assert np.all(real_error(lambda x: np.cumsum(x, axis=axis), x) <= np.cumsum(Bounded(x), axis=axis).error)
    assert not np.sort(Bounded(x), axis=axis).error.any()


def test_maximum_is_as_sure_as_those_that_may_be_it(rng):
    x, e = draw(rng, 200, 6), rng.integers(0, 300, (200, 6)) / 1024  # float64 adds these without rounding
    found = np.max(Bounded(x, e), axis=1)
    for share in (-1, 1, rng.integers(-4, 5, e.shape) / 4):
        assert np.all(np.abs(np.max(exact(x) + share * e, axis=1) - found.value) <= found.error)
    assert np.max(Bounded(np.float32([[1, -1e30]]), [[1e-7, 1e22]]), axis=1).error == 1e-7


def test_what_only_moves_numbers_moves_their_errors(rng):
    x = Bounded(draw(rng, 3, 4), rng.random((3, 4)))
    turned, joined = np.moveaxis(x, 0, -1), np.concatenate([x, x.value], axis=1)
    assert np.array_equal(turned.value, x.value.T) and np.array_equal(turned.error, x.error.T)
    assert np.array_equal(joined.value, np.concatenate([x.value, x.value], axis=1))
    assert np.array_equal(joined.error, np.concatenate([x.error, 0 * x.error], axis=1))


def test_a_python_number_that_is_chosen_is_rounded():
    chosen = np.where(np.array([True, False]), Bounded(np.float32([1, 1])), 0.1)
    assert chosen.dtype == "float32"
    assert chosen.error.tolist() == [0.0, 0.1 * allowance.unit_roundoff("float32")]


MATRIX_FUNCTIONS = {
    "matmul": (lambda a, b: np.matmul(a, b), (3, 4, 50), (3, 50, 2)),
    "einsum": (lambda a, b: np.einsum("abc,cbd->ad", a, b), (3, 4, 50), (50, 4, 2)),
    "einsum with a letter alone": (lambda a, b: np.einsum("abc,cd->ad", a, b), (3, 40, 5), (5, 2)),
    "einsum as a product": (
        lambda a, b: np.einsum("ab,bc->ac", a, b, optimize=["einsum_path", (0, 1)]),
        (3, 50),
        (50, 2),
    ),
    "concatenate": (lambda a, b: np.concatenate([a, b], axis=1), (3, 4), (3, 5)),
    "bincount": (lambda a, b: np.bincount(np.arange(90) % 7, a, 9) + b, (90,), (9,)),
    "moved": (lambda a, b: np.transpose(np.moveaxis(a, 0, 1), (0, 2, 1)) + b, (2, 3, 4), (3, 4, 2)),
    "repeated": (lambda a, b: np.repeat(a, 3, axis=1) * np.broadcast_to(b, (2, 3)), (2, 1), (1, 3)),
}


@pytest.mark.parametrize("name", MATRIX_FUNCTIONS)
def test_functions_of_arrays_are_sound(name, rng):
    """From exact arrays, and from arrays that are off by up to their bound in either direction."""
    function, *shapes = MATRIX_FUNCTIONS[name]
    for _ in range(20):
        arrays = [draw(rng, *shape) for shape in shapes]
        assert (real_error(function, *arrays) <= bound(function, *arrays) + allowance.smallest_normal("float32")).all()
        errors = [np.abs(array) * 1e-3 for array in arrays]
        off = [exact(a) + e * rng.choice([-1, 1], a.shape) for a, e in zip(arrays, errors, strict=True)]
        bounded = function(*map(Bounded, arrays, errors))
        second_order = 4 * 1e-6 * np.abs(function(*map(np.abs, map(exact, arrays))))
        assert (np.abs(exact(function(*arrays)) - function(*off)) <= bounded.error + second_order).all()


def test_a_cast_to_integers_is_exact():
    assert isinstance(Bounded(np.array([1.5, -0.5])).astype("int32"), np.ndarray)


def test_a_sum_of_paths_is_sound_in_any_order(rng):
    parts = [draw(rng, 50) * size for size in (1e4, 1.0, 1.0, 1e-3)]
    parts.append(-(parts[0] + parts[1]))  # cancels
    limit = steps.in_any_order([Bounded(part) for part in parts]).error
    for _ in range(50):
        orders = [[parts[k] for k in rng.permutation(len(parts))] for _ in range(2)]
        assert (np.abs(sum(map(exact, parts)) - sum(orders[0])) <= limit).all()


def test_narrower_cast_is_given_no_allowance(rng):
    """Else a formula that loses digits would widen its own allowance."""
    narrowed = Bounded(rng.normal(size=9)).astype("float32").astype("float64")
    assert not narrowed.error.any()


def test_overflow_in_a_denominator_leaves_a_finite_bound():
    with np.errstate(over="ignore"):
        assert np.all(
            sigmoid.forward(Bounded(np.float32([-1000, -100, -90]))).error <= 3 * allowance.smallest_normal("float32")
        )


def test_the_smaller_of_an_overflowed_number_and_a_limit_is_the_limit():
    with np.errstate(over="ignore"):
        norm = np.sqrt(np.square(Bounded(np.float32([1e30, 2]), [1e20, 0.5])))
    assert np.isinf(norm.error[0])
    assert np.minimum(norm, 2.0).error[0] == np.minimum(2.0, norm).error[0] == 0
    assert np.maximum(-norm, -2.0).error[0] == 0 and np.minimum(norm, 2.0).error[1] >= 0.5
    assert np.isinf(np.maximum(norm, 2.0).error[0])


def test_a_product_with_an_exact_zero_is_exact():
    """Else the sign of a gradient that is 0 would be unknown, and Lion's step with it."""
    zero, known, unknown = Bounded(np.zeros(2)), Bounded(np.ones(2)), Bounded(np.zeros(2), np.full(2, 0.1))
    assert not (zero * known).error.any() and not (known * zero).error.any()
    assert (unknown * known).error.all() and (Bounded(np.full(2, 1e-200)) * 1e-200).error.all()
