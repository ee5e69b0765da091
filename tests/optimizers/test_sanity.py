"""What the rules must be in special cases, without Keras: any of these fails when a formula is wrong."""

import numpy as np
import pytest

from handnn.rounding import allowance
from handnn.optimizers import (
    SGD,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lamb,
    Lion,
    LossScaleOptimizer,
    Muon,
    Nadam,
    RMSprop,
    ScheduleFreeAdamW,
)

STEPS = 8


def path(optimizer, rng, shape=(4, 3)):
    """The weights after each of a few steps; the generator's state decides start and gradients."""
    x, found = rng.normal(size=shape), []
    for _ in range(STEPS):
        optimizer.apply([rng.normal(size=shape) * 10.0 ** rng.integers(-3, 3)], [x])
        found.append(x.copy())
    return np.array(found)


def paths(one, other):
    return tuple(path(optimizer, np.random.default_rng(7)) for optimizer in (one, other))


def close(one, other):
    """Whether two paths differ by no more than the rounding of some ten operations a step."""
    bound = allowance.gamma(10 * STEPS, allowance.unit_roundoff("float64")) * np.max(np.abs(one))
    return bool(np.all(np.abs(one - other) <= allowance.of(bound, "float64")))


def test_momentum_0_is_plain():
    one, other = paths(SGD(0.1), SGD(0.1, momentum=0.0, nesterov=True))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("size", [2.0**-20, 1.0, 2.0**20])
@pytest.mark.parametrize(
    "optimizer",
    [lambda: Adam(0.125, beta_1=0.0, beta_2=0.0, epsilon=0.0), lambda: Lion(0.125, beta_1=2.0**-200, beta_2=0.0)],
    ids=["adam", "lion"],
)
def test_without_memory_they_are_sign_descent(optimizer, size, rng):
    """m = g and sqrt(v) = |g|: a step of lr against the sign, whatever the size. With powers of two nothing rounds."""
    own, x, signs = optimizer(), np.zeros(6), np.zeros(6)
    for _ in range(STEPS):
        sign = rng.choice([-1.0, 1.0], 6)
        own.apply([sign * size], [x])
        signs += sign
        assert np.array_equal(x, -0.125 * signs)


def test_adamw_without_decay_is_adam():
    one, other = paths(Adam(0.1), AdamW(0.1, weight_decay=0.0))
    assert np.array_equal(one, other)


def test_rmsprop_is_adam_without_correction_and_momentum(monkeypatch):
    """Up to epsilon, which stands inside the root of one and outside that of the other."""
    monkeypatch.setattr(Adam, "step_size", lambda self, dtype: self.number(self.rate, dtype))
    one, other = paths(Adam(0.1, beta_1=0.0, beta_2=0.9, epsilon=0.0), RMSprop(0.1, rho=0.9, epsilon=0.0))
    assert close(one, other)
    apart = paths(Adam(0.1, beta_1=0.0, beta_2=0.9, epsilon=1e-3), RMSprop(0.1, rho=0.9, epsilon=1e-3))
    assert not close(*apart)


def test_adagrad_of_one_gradient_is_sgd():
    """After the first step the root is |g|: lr sign(g)."""
    x = np.zeros(3)
    Adagrad(0.5, initial_accumulator_value=0.0, epsilon=0.0).apply([np.array([3.0, -1e-5, 1e5])], [x])
    assert close(x, np.array([-0.5, 0.5, -0.5]))


@pytest.mark.parametrize("cls", [Adam, Adamax, Nadam])
def test_a_constant_gradient_makes_steps_of_the_learning_rate(cls):
    """With the bias corrected, a constant gradient of any size moves x by about lr a step."""
    for size in (1e3, 1e-3):
        x, optimizer = np.zeros(1), cls(0.1, epsilon=0.0)
        for step in range(1, 40):
            optimizer.apply([np.array([size])], [x])
            assert 0.05 * step < -x[0] < 0.2 * step


def test_lamb_moves_by_a_share_of_the_norm(rng):
    x = rng.normal(size=(5, 4))
    before, length = x.copy(), np.linalg.norm(x)
    Lamb(0.01).apply([rng.normal(size=(5, 4)) * 1e3], [x])
    assert close(np.linalg.norm(x - before), float(np.float32(0.01)) * length)


def test_muon_moves_every_direction_alike(rng):
    """Singular values of the step lie about 1 where those of the gradient lie orders apart."""
    x, gradient = np.zeros((6, 4)), rng.normal(size=(6, 4)) @ np.diag([1.0, 0.3, 0.1, 0.03])
    Muon(1.0, rms_rate=None, weight_decay=None).apply([gradient], [x])
    values = np.linalg.svd(x, compute_uv=False)
    assert np.linalg.cond(gradient) > 15
    assert values.min() > 0.5 and values.max() < 1.3


def test_the_first_weights_of_schedule_free_are_its_sequence(rng):
    """With t = 1 the average is the sequence itself, and so is any mixture of the two."""
    x, optimizer = rng.normal(size=(4, 3)), ScheduleFreeAdamW(0.1, beta_1=0.5)
    optimizer.apply([rng.normal(size=(4, 3))], [x])
    assert close(x, optimizer.variables[2].value)


def test_a_loss_scale_of_a_power_of_two_changes_nothing():
    class Scaled(LossScaleOptimizer):
        def apply(self, grads, trainable_variables=None):
            return super().apply([self.scale_loss(g) for g in grads], trainable_variables)

    one, other = paths(Adam(0.1), Scaled(Adam(0.1), 2.0**10, 3))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("scaled", [{"loss_scale_factor": 8.0}, 2.0**10], ids=["option", "wrapper"])
def test_gradients_of_an_unscaled_loss_are_scaled_before_a_step(scaled, rng):
    """`apply_scaled` takes the step of plain gradients, `apply` one that the scale has divided."""
    steps, gradient = [], rng.normal(size=(4, 3))
    for call in ("apply_scaled", "apply_gradients"):
        optimizer = SGD(1.0, **scaled) if isinstance(scaled, dict) else LossScaleOptimizer(SGD(1.0), scaled)
        x = np.zeros((4, 3))
        getattr(optimizer, call)([(gradient, x)])
        steps.append(-x)
    scale = scaled if isinstance(scaled, float) else scaled["loss_scale_factor"]
    assert np.array_equal(steps[0], gradient) and np.array_equal(steps[1] * scale, gradient)
