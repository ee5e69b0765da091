"""Every schedule against Keras', step for step."""

import numpy as np
import pytest

from handnn import optimizers
from handnn.optimizers import schedules
from handnn.proof.keras.optimizers import SCHEDULES, STEPS, bounded_schedule, hold_schedule

each_case = pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name, cases in SCHEDULES.items() for given in cases], ids=str
)


def test_every_schedule_has_a_case():
    assert set(SCHEDULES) == {cls.__name__ for _, cls in schedules.schedules.items()}


@pytest.mark.quick(6)
@each_case
def test_every_step_is_keras(name, given, keras, tf, assert_agrees):
    hold_schedule(assert_agrees, tf, keras, name, given)
    assert {getattr(schedules, name)(*given)(step).dtype for step in STEPS} == {np.dtype("float32")}


@pytest.mark.quick(6)
@each_case
def test_configs_are_keras(name, given, keras):
    ours, theirs = getattr(schedules, name)(*given), getattr(keras.optimizers.schedules, name)(*given)
    assert ours.get_config() == theirs.get_config()
    assert schedules.serialize(ours) == keras.optimizers.schedules.serialize(theirs)
    assert schedules.deserialize(schedules.serialize(theirs)).get_config() == theirs.get_config()
    assert keras.optimizers.schedules.deserialize(schedules.serialize(ours)).get_config() == ours.get_config()
    optimizer, other = optimizers.Adam(ours, name="a"), keras.optimizers.Adam(theirs, name="a")
    assert optimizer.get_config() == other.get_config()
    assert optimizers.Adam.from_config(other.get_config()).learning_rate == optimizer.learning_rate
    assert keras.optimizers.Adam.from_config(optimizer.get_config()).get_config() == other.get_config()


LATE = 16777227
"""The next float32 is above it."""
BY_HAND = [
    ("ExponentialDecay", (1.0, 4, 0.25), 2, 0.5),
    ("ExponentialDecay", (1.0, 4, 0.25, True), 7, 0.25),
    ("InverseTimeDecay", (1.0, 4, 2.0), 2, 0.5),
    ("InverseTimeDecay", (1.0, 4, 2.0, True), 7, 1 / 3),
    ("PiecewiseConstantDecay", ([3], [1.0, 0.5]), 3, 1.0),
    ("PiecewiseConstantDecay", ([3], [1.0, 0.5]), 4, 0.5),
    ("PolynomialDecay", (1.0, 10, 0.2), 5, 0.6),
    ("PolynomialDecay", (1.0, 10, 0.2, 2.0), 5, 0.4),
    ("PolynomialDecay", (1.0, 10, 0.2), 15, 0.2),
    ("PolynomialDecay", (1.0, 4, 0.0, 1.0, True), 6, 0.25),
    ("PolynomialDecay", (1.0, 4, 0.5, 1.0, True), 8, 0.5),
    ("PolynomialDecay", (1.0, 3, 0.0, 1.0, True), LATE, 2 / (LATE + 3)),
    ("CosineDecay", (1.0, 10, 0.2), 5, 0.6),
    ("CosineDecay", (1.0, 10, 0.2), 15, 0.2),
    ("CosineDecay", (0.25, 8, 0.0, "n", 1.0, 4), 2, 0.625),
    ("CosineDecay", (0.25, 8, 0.5, "n", 1.0, 4), 8, 0.75),
    ("CosineDecay", (0.25, 8, 0.5, "n", 1.0, 0), 0, 1.0),  # a warm-up of no steps
    ("CosineDecayRestarts", (1.0, 4, 1.0, 1.0, 0.5), 2, 0.75),
    ("CosineDecayRestarts", (1.0, 4, 1.0, 0.5, 0.0), 5, 0.25 * (1 + np.sqrt(0.5))),
    ("CosineDecayRestarts", (1.0, 4, 1.0, 0.5, 0.0), 6, 0.25),
    ("CosineDecayRestarts", (1.0, 4, 2.0, 0.5, 0.0), 8, 0.25),
    ("CosineDecayRestarts", (1.0, 4, 3.0, 0.5, 0.0), 7, 0.25 * (1 + np.sqrt(0.5))),
]


@pytest.mark.parametrize(("name", "given", "step", "value"), BY_HAND, ids=str)
def test_values_worked_out_by_hand(name, given, step, value, assert_agrees):
    schedule = getattr(schedules, name)(*given)
    assert_agrees(name, np.asarray(schedule(step)), np.float32(value), bounded_schedule(schedule)(step))


def test_a_cycle_ends_at_its_last_step():
    """A comparison at its boundary is allowed either way where rounding is; here nothing rounds but the step itself."""
    assert schedules.PolynomialDecay(1.0, 4, 0.5, 1.0, True)(8) == 0.5
    t, end = np.float32(LATE), np.float32(LATE + 3)
    assert float(t) > LATE and schedules.PolynomialDecay(1.0, 3, 0.0, 1.0, True)(LATE) == 1 - t / end


@each_case
def test_an_optimizer_asks_with_the_steps_taken(name, given):
    """0 for the first step; calls that only accumulate count as well, as in Keras."""
    schedule = getattr(schedules, name)(*given)
    for steps in (None, 2):
        optimizer, x = optimizers.SGD(schedule, gradient_accumulation_steps=steps), np.zeros(1)
        for step in range(12):
            assert optimizer.learning_rate == schedule(step)
            optimizer.apply([np.ones(1)], [x])
        assert optimizer.iterations == 12 // (steps or 1)
    taken = sum(float(schedule(step)) for step in range(1, 12, 2))
    assert np.isclose(-x[0], taken)


@pytest.mark.slow
def test_compiled_keras_starts_a_cycle_early(keras, tf):
    """21 * (1 / 7) is above 3 in float32, so ceil makes 4 of it; 21 / 7 is 3."""
    ours, theirs = (of.PolynomialDecay(0.3, 7, 0.02, cycle=True) for of in (schedules, keras.optimizers.schedules))
    step = tf.constant(21, "int64")
    assert np.float32(0.02) == ours(21) == theirs(step).numpy() < tf.function(theirs)(step).numpy()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.9), ("decay_steps", "> 0", "0")),
        (lambda: schedules.CosineDecayRestarts(0.1, -1), ("first_decay_steps", "> 0", "-1")),
        (lambda: schedules.PolynomialDecay("a", 5), ("initial_learning_rate", "'a'")),
        (lambda: schedules.PiecewiseConstantDecay([1], [0.1]), ("boundaries", "values", "received 1 and 1")),
        (lambda: schedules.deserialize({"class_name": "Cosine", "config": {}}), ("schedule", "Cosine", "CosineDecay")),
    ],
)
def test_bad_input(make, words):
    with pytest.raises(ValueError, match=r"received|unknown") as error:
        make()
    assert all(word in str(error.value) for word in words)
    assert "\n" not in str(error.value)


def test_integers_are_numbers_here_and_not_in_keras(keras):
    """Keras makes an int32 tensor of 1 and computes with integers."""
    theirs = keras.optimizers.schedules
    assert float(theirs.ExponentialDecay(1, 10, 0.5)(4)) == 0
    assert float(schedules.ExponentialDecay(1, 10, 0.5)(4)) == float(schedules.ExponentialDecay(1.0, 10, 0.5)(4)) > 0


# Planted mistakes


def off_by_one(self, step, right=schedules.CosineDecay.__call__):
    return right(self, step + 1)


def test_a_schedule_one_step_off_is_seen(keras, tf, assert_agrees, monkeypatch):
    monkeypatch.setattr(schedules.CosineDecay, "__call__", off_by_one)
    with pytest.raises(AssertionError, match="CosineDecay at 0"):
        test_every_step_is_keras("CosineDecay", (0.1, 10), keras, tf, assert_agrees)
