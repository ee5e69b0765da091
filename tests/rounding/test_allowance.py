"""`Bounded` against closed forms derived on paper, and against the real errors: near to those, never below these.

Real errors are those of float32 against the same formula in float64, whose own rounding is nine digits further down.
"""

import numpy as np
import pytest
from scipy.special import erfc

from handnn import losses
from handnn.activations import relu, sigmoid, softmax, tanh
from handnn.layers import Dense
from handnn.core.trace import LayerTrace
from handnn.rounding import allowance, calibrate
from handnn.rounding.allowance import gamma
from handnn.rounding.bounded import Bounded
from handnn.rounding.elementwise import RULES

U = allowance.unit_roundoff("float32")
C_EXP = allowance.c("exp", "float32")
MANY = 3000


def exact(array):
    """Float64, in which float32's errors can be read off."""
    return np.asarray(array, "float64")


def real_error(formula, *arrays):
    """|formula in float32 - formula in float64| from the same float32 arrays."""
    return np.abs(exact(formula(*arrays)) - formula(*[exact(a) for a in arrays]))


def bound(formula, *arrays):
    return formula(*map(Bounded, arrays)).error


def draw(rng, *shape, scale=1.0):
    return (rng.normal(size=shape) * scale).astype("float32")


# ---- closed forms ---------------------------------------------------------------------------------------------------

ROWS, INPUTS, UNITS = 40, 33, 20


def z_of(x, w, b):
    return np.dot(x, w) + b


def z_closed(x, w, b):
    """n products and n additions, b among the terms: gamma(n + 1)(|x| |W| + |b|)."""
    return gamma(INPUTS + 1, U) * (np.abs(x) @ np.abs(w) + np.abs(b))


def softmax_closed(z):
    """Softmax: t_j = z_j - max z is rounded, u s_j with s = |t|; exp turns that into a relative u s_j, its own is c u.

    The sum of the e_j carries their errors weighted by p_j, and gamma(K - 1) of its own; the division adds u:
    p (u s + sum_j p_j u s_j + (2 c + 1) u + gamma(K - 1)).
    """
    s, p = np.max(z, axis=-1, keepdims=True) - z, softmax.forward(z)
    return p * (U * s + np.sum(p * U * s, axis=-1, keepdims=True) + (2 * C_EXP + 1) * U + gamma(z.shape[-1] - 1, U))


def fused_closed(z, y):
    """Softmax + cross-entropy: p is off by B_p, p - y and the division by N round: B_p / N + 2 u |delta|.

    `verify.steps` adds one u |delta| more, for Keras multiplies by 1/N, which is rounded, where handnn divides.
    """
    delta = (softmax.forward(z) - y) / len(z)
    return softmax_closed(z) / len(z) + 2 * U * np.abs(delta)


def dw_closed(x, delta):
    """A sum of N products: gamma(N) |x|^T |delta|."""
    return gamma(len(x), U) * np.abs(x).T @ np.abs(delta)


def db_closed(delta):
    """A sum of N numbers as a product with ones: gamma(N) sum |delta| (gamma(N - 1) by additions alone)."""
    return gamma(len(delta), U) * np.abs(delta).sum(axis=0)


def tanh_prev_closed(delta, w, a):
    """delta_prev behind tanh, m units: g = delta W^T is off by B_g = gamma(m) |delta| |W|^T.

    f' = 1 - a^2 is off by e = u (a^2 + |f'|), the product by |f'| B_g + |g| e + u |g f'|.
    """
    slope, g = 1 - a * a, delta @ w.T
    b_g = gamma(delta.shape[-1], U) * np.abs(delta) @ np.abs(w).T
    return b_g * np.abs(slope) + np.abs(g) * U * (a * a + np.abs(slope)) + U * np.abs(g * slope)


def sigmoid_prev_closed(delta, w, a):
    """The same behind sigmoid, f' = (1 - a) a: each factor and the product round once, e = 2 u |f'|."""
    slope, g = (1 - a) * a, delta @ w.T
    b_g = gamma(delta.shape[-1], U) * np.abs(delta) @ np.abs(w).T
    return b_g * slope + np.abs(g) * 2 * U * slope + U * np.abs(g * slope)


def relu_prev_closed(delta, w, a):
    """The same behind relu, whose f' is exact; the product with 0 or 1 is allowed the u it does not need."""
    slope, g = a > 0, delta @ w.T
    return (gamma(delta.shape[-1], U) * np.abs(delta) @ np.abs(w).T + U * np.abs(g)) * slope


def previous(activation):
    return lambda delta, w, a: activation.backward(np.dot(delta, w.T), a, a)


def fused(z, y):
    return losses.CategoricalCrossentropy(from_logits=True).gradient_of_reduced(y, z)


def db_of(delta):
    t = LayerTrace("dense", wants_dx=False)
    t.x, t.delta = np.zeros((len(delta), 1), "float32"), delta
    layer = Dense(UNITS, dtype="float32")
    layer.build((None, 1))
    layer.backward(t)
    return t.db


CLOSED = {
    "z": (z_of, z_closed, lambda rng: (draw(rng, ROWS, INPUTS), draw(rng, INPUTS, UNITS), draw(rng, UNITS))),
    "softmax": (softmax.forward, softmax_closed, lambda rng: (draw(rng, ROWS, UNITS, scale=3),)),
    "delta_L": (
        fused,
        fused_closed,
        lambda rng: (draw(rng, ROWS, UNITS, scale=3), rng.dirichlet(np.ones(UNITS), ROWS).astype("float32")),
    ),
    "dW": (lambda x, d: np.dot(x.T, d), dw_closed, lambda rng: (draw(rng, ROWS, INPUTS), draw(rng, ROWS, UNITS))),
    "db": (db_of, db_closed, lambda rng: (draw(rng, ROWS, UNITS),)),
    **{
        f"delta_prev {f.name}": (
            previous(f),
            closed,
            lambda rng, f=f: (draw(rng, ROWS, UNITS), draw(rng, INPUTS, UNITS), f.forward(draw(rng, ROWS, INPUTS))),
        )
        for f, closed in ((tanh, tanh_prev_closed), (sigmoid, sigmoid_prev_closed), (relu, relu_prev_closed))
    },
}
FACTOR = 1.5
"""z adds b after the product, whose gamma(n) then leaves |b| alone; all else is nearer."""


@pytest.mark.parametrize("name", CLOSED)
def test_bound_is_near_its_closed_form(name, rng):
    formula, closed, arrays = CLOSED[name]
    for _ in range(5):
        given_arrays = arrays(rng)
        found, expected = bound(formula, *given_arrays), closed(*map(exact, given_arrays))
        kept = expected > 0
        assert kept.any()
        assert np.all(found[kept] <= FACTOR * expected[kept])
        assert np.all(np.median(found[kept] / expected[kept]) * FACTOR >= 1)


@pytest.mark.parametrize("name", CLOSED)
def test_real_error_is_within_the_bound_and_the_closed_form(name, rng):
    formula, closed, arrays = CLOSED[name]
    seen, worst = 0, 0.0
    while seen < MANY:
        given_arrays = arrays(rng)
        error, limit = real_error(formula, *given_arrays), bound(formula, *given_arrays)
        assert np.all(error <= limit)
        assert np.all(error <= closed(*map(exact, given_arrays)) + allowance.smallest_normal("float32"))
        seen, worst = seen + error.size, max(worst, np.max(error[limit > 0] / limit[limit > 0]))
    assert worst > 0  # float32 did round


# ---- what was measured ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "function"), list(allowance.CALIBRATION))
@pytest.mark.quick(6)
def test_calibration_holds(dtype, function, tf, quick):
    measured = calibrate.measure(function, dtype, count=100 if quick else 250, seed=1)
    entry = allowance.CALIBRATION[dtype, function]
    assert max(measured.values()) < entry.c
    assert calibrate.MARGIN * max(entry.numpy, entry.tensorflow) <= entry.c


def test_every_function_of_a_rule_is_calibrated(monkeypatch):
    asked = set()
    monkeypatch.setattr(allowance, "c", lambda function, dtype: asked.add(function) or 1.0)
    for ufunc in {*RULES, erfc} - {np.bitwise_and, np.bitwise_or, np.invert}:
        ufunc(*[Bounded(np.float32(0.5), 0.1)] * ufunc.nin)
    assert asked
    assert {(dtype, f) for f in asked for dtype in calibrate.DTYPES} <= set(allowance.CALIBRATION)


def test_gamma_is_the_smaller_of_both_laws():
    assert gamma(0, U) == 0
    assert gamma(10, U) == 10 * U / (1 - 10 * U)
    assert gamma(10_000, U) < 10_000 * U
    assert np.all(np.diff([gamma(n, U) for n in range(200)]) > 0)


def test_allowance_is_both_sides_and_the_flushed_denormals():
    assert allowance.of(0.0, "float32") == 4 * float(np.finfo("float32").smallest_normal)
    assert allowance.of(3.0, "float64") == 6.0
