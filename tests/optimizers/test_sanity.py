"""What the rules must be in special cases, without Keras: any of these fails when a formula is wrong."""

import numpy as np
import pytest

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


def test_momentum_0_is_plain():
    one, other = paths(SGD(0.1), SGD(0.1, momentum=0.0, nesterov=True))
    assert np.array_equal(one, other)


def test_adam_without_memory_is_sign_descent():
    """m = g and sqrt(v) = |g|: a step of lr against the sign, whatever the size."""
    x, rng = np.zeros(6), np.random.default_rng(0)
    signs = np.zeros(6)
    adam = Adam(0.125, beta_1=0.0, beta_2=0.0, epsilon=0.0)
    for _ in range(STEPS):
        gradient = rng.normal(size=6) * 10.0 ** rng.integers(-3, 3)
        signs += np.sign(gradient)
        adam.apply([gradient], [x])
    assert np.allclose(x, -0.125 * signs, rtol=STEPS * np.finfo(float).eps)


def test_lion_is_the_same_without_memory():
    one, other = paths(Adam(0.125, beta_1=0.0, beta_2=0.0, epsilon=0.0), Lion(0.125, beta_1=1e-300, beta_2=0.0))
    assert np.allclose(one, other, rtol=1e-12)


def test_adamw_without_decay_is_adam():
    one, other = paths(Adam(0.1), AdamW(0.1, weight_decay=0.0))
    assert np.array_equal(one, other)


def test_rmsprop_is_adam_without_correction_and_momentum(monkeypatch):
    """Up to epsilon, which stands inside the root of one and outside that of the other."""
    monkeypatch.setattr(Adam, "step_size", lambda self, dtype: self.number(self.rate, dtype))
    one, other = paths(Adam(0.1, beta_1=0.0, beta_2=0.9, epsilon=0.0), RMSprop(0.1, rho=0.9, epsilon=0.0))
    assert np.allclose(one, other, rtol=1e-12)
    apart = paths(Adam(0.1, beta_1=0.0, beta_2=0.9, epsilon=1e-3), RMSprop(0.1, rho=0.9, epsilon=1e-3))
    assert not np.allclose(*apart, rtol=1e-6)


def test_adagrad_of_one_gradient_is_sgd():
    """After the first step the root is |g|: lr sign(g)."""
    x = np.zeros(3)
    Adagrad(0.5, initial_accumulator_value=0.0, epsilon=0.0).apply([np.array([3.0, -1e-5, 1e5])], [x])
    assert np.allclose(x, [-0.5, 0.5, -0.5], rtol=1e-12)


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
    assert np.isclose(np.linalg.norm(x - before), 0.01 * length)


def test_muon_moves_every_direction_alike(rng):
    """Singular values of the step lie about 1 where those of the gradient lie orders apart."""
    x, gradient = np.zeros((6, 4)), rng.normal(size=(6, 4)) @ np.diag([1.0, 0.3, 0.1, 0.03])
    Muon(1.0, rms_rate=None, weight_decay=None).apply([gradient], [x])
    values = np.linalg.svd(x, compute_uv=False)
    assert np.linalg.cond(gradient) > 15
    assert values.min() > 0.5 and values.max() < 1.3


def test_schedule_free_ends_at_the_mean_of_its_sequence():
    """With beta_1 = 1 the weights are the average alone, and never move: the gradient is taken where they are."""
    one, other = paths(ScheduleFreeAdamW(0.1, beta_1=0.5), ScheduleFreeAdamW(0.1, beta_1=0.9))
    assert not np.allclose(one, other)


def test_a_loss_scale_of_a_power_of_two_changes_nothing():
    class Scaled(LossScaleOptimizer):
        def apply(self, grads, trainable_variables=None):
            return super().apply([self.scale_loss(g) for g in grads], trainable_variables)

    one, other = paths(Adam(0.1), Scaled(Adam(0.1), 2.0**10, 3))
    assert np.array_equal(one, other)
