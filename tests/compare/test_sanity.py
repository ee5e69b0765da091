"""What a fair comparison must find where the answer is known: rules that are the same, and tuned rivals."""

from dataclasses import replace

import numpy as np
import pytest

from handnn.compare import Cell
from handnn.specs import optimizer as optimizer_spec
from handnn.compare import plan as planning
from handnn.compare.single_run import run_cell
from handnn.compare.sentences import tell
from handnn.compare.statistics import LEVEL, difference
from handnn.optimizers import Adam
from handnn.rounding import allowance

RATE = 0.03
EPSILON = 2.0**-23
WEIGHTS = 4  # kernels and biases of two layers


def curves(plan, *names, **changes):
    """The losses of every step of these optimizers at one rate."""
    p = plan(*names, rates=dict.fromkeys(names, (RATE,)), seeds=(0,), epochs=6, dtype="float64", **changes)
    return [run_cell(p, Cell(label, RATE, 0)).loss for label in p.optimizers]


def steps(plan, label):
    """The weights of a cell before each step, its gradients there, and the weights after it."""
    p = plan(label, dtype="float64", epochs=4)
    cell = Cell(label, RATE, 0)
    model, train, found = p.model(cell), planning.samples(p).train, []
    for order in p.orders(cell):
        for start in range(0, len(order), p.batch_size):
            rows = order[start : start + p.batch_size]
            _, gradients = model.loss_and_gradients(train.x[rows], train.y[rows], training=True)
            before = model.get_weights()
            model.train_step(train.x[rows], train.y[rows])
            found += list(zip(before, gradients, model.get_weights(), strict=True))
    return found


def rounding(size):
    """What a hundred operations on numbers of this size may round to."""
    return allowance.of(allowance.gamma(100, allowance.unit_roundoff("float64")) * size, "float64")


@pytest.mark.parametrize("same", ["sgd(momentum=0.0)", "sgd(momentum=0.0, nesterov=True)", "momentum(momentum=0.0)"])
def test_momentum_0_is_sgd_bit_for_bit(plan, same):
    one, other = curves(plan, "sgd", same)
    assert one.tobytes() == other.tobytes()
    assert one.tobytes() != curves(plan, "momentum")[0].tobytes()


def test_adamw_without_decay_is_adam_bit_for_bit(plan):
    one, other = curves(plan, "adam", "adamw(weight_decay=0.0)")
    assert one.tobytes() == other.tobytes()
    assert one.tobytes() != curves(plan, "adamw")[0].tobytes()


def test_adam_without_memory_is_sign_descent_up_to_epsilon(plan):
    """With beta_1 = beta_2 = 0, m is g and sqrt(v) is |g|: a step of lr g / (|g| + epsilon)."""
    assert not any(map(np.any, outside(steps(plan, f"adam(beta_1=0.0, beta_2=0.0, epsilon={EPSILON})"), signs)))


def test_adam_with_memory_is_not(plan):
    """The planted mistake: the usual betas."""
    assert any(map(np.any, outside(steps(plan, "adam"), signs)))


def signs(i, g):
    return g / (np.abs(g) + EPSILON)


class RootMeanSquare:
    """v <- rho v + (1 - rho) g^2, g / sqrt(v), for each weight."""

    def __init__(self):
        self.v = {}

    def __call__(self, i, g):
        self.v[i] = RHO * self.v.get(i, 0.0) + (1 - RHO) * g * g
        return g / np.sqrt(self.v[i])


RHO = 0.875  # float32 holds it, and 1 - rho too
RMS, ADAM = f"rmsprop(rho={RHO}, epsilon={2.0**-120!r})", f"adam(beta_1=0.0, beta_2={RHO}, epsilon={2.0**-60!r})"


def test_rmsprop_is_adam_without_momentum_and_correction_up_to_epsilon(plan, monkeypatch):
    """Epsilon stands inside the root of one and outside that of the other, so it is too small here to matter."""
    assert not any(map(np.any, outside(steps(plan, RMS), RootMeanSquare())))
    assert any(map(np.any, outside(steps(plan, ADAM), RootMeanSquare())))  # with its correction
    monkeypatch.setattr(Adam, "step_size", lambda self, dtype: self.number(self.rate, dtype))
    assert not any(map(np.any, outside(steps(plan, ADAM), RootMeanSquare())))


def outside(found, direction):
    """For each step, where it is not lr times the direction that the formula says.

    An average that is moved from a to b, a + (b - a), is off by some roundings of a, here of the gradient before.
    """
    rate, last = float(np.float32(RATE)), {}
    for number, (before, g, after) in enumerate(found):
        i = number % WEIGHTS
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = 1 + (last.get(i, g) / g) ** 2
        expected = before - rate * direction(i, g)
        yield np.abs(after - expected) > rounding(np.abs(before) + rate * lost)
        last[i] = g


def test_the_same_rule_under_two_names_cannot_be_told_apart(plan, compared):
    p = plan("adam", "adamw(weight_decay=0.0)", seeds=(0, 1, 2))
    comparison = compared(p)
    summary, told = comparison.summary(), tell(comparison)
    (equal,) = [line for line in told.conclusions if "cannot be told apart" in line]
    assert "adam and adamw(weight_decay=0.0)" in equal
    assert set(summary.entries[1].to_leader["loss"].values) == {0.0}


@pytest.mark.slow
def test_tuned_adam_is_not_worse_than_tuned_momentum_beyond_noise(compared):
    """On real digits, each at its best of five rates over three decades."""
    names = ("momentum", "adam")
    p = planning.Plan(
        data="digits", layers=(64, 16, 16, 10), activation="relu", output="softmax", loss="categorical_crossentropy",
        dtype="float32", optimizers=names, seeds=(0, 1, 2), epochs=5, batch_size=32, target=0.6,
        rates={label: optimizer_spec.grid(optimizer_spec.usual_rate(label), 5, 0.5) for label in names},
    )  # fmt: skip
    summary = compared(p).summary()
    adam, momentum = (summary[label].best["test_loss"].values for label in ("adam", "momentum"))
    assert difference("loss", adam, momentum, LEVEL).verdict != "worse"
    assert max(adam) < 1  # both have learnt something
    spoilt = replace(p, optimizers=("adam",), rates={"adam": (1e-6,)}, seeds=(0, 1, 2))
    untrained = compared(spoilt).summary()["adam"].best["test_loss"].values
    assert difference("loss", untrained, momentum, LEVEL).verdict == "worse"  # and it would have been seen
