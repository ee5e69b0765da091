"""A thousand free steps beside Keras in float64: the paths stay within what rounding, step after step, explains.

How far an error made on the way has grown by the end is measured, by letting a path start a little aside. The batches
change from step to step: with one batch, gradients go to 0 where the network has learnt it, and rules that divide by
their size (Adam's) then walk at random; rounding decides where to, and paths part at once. Lamb's steps never get
shorter than lr times the weights; at the learning rate of the others its paths part too.
"""

import numpy as np
import pytest

import handnn
from handnn.optimizers import optimizers as registry
from handnn.rounding import allowance

STEPS = 1000
ASIDE = 1e-11
"""Relative size of the disturbance whose growth is measured: far above rounding, far below the weights."""


def network(dtype="float64"):
    layers = handnn.layers
    stack = [layers.Input((3,), dtype=dtype), layers.Dense(4, "tanh", dtype=dtype, name="a")]
    return handnn.Sequential([*stack, layers.Dense(2, dtype=dtype, name="b")], name="net")


def batch(step):
    return slice(8 * (step % 5), 8 * (step % 5) + 8)


def trained(model, start, x, y, optimizer):
    model.compile(optimizer.unbuilt(), handnn.losses.MeanSquaredError(dtype="float64"))
    model.set_weights(start)
    for step in range(STEPS):
        rows = batch(step)
        model.train_step(x[rows], y[rows])
    return np.concatenate([w.ravel() for w in model.get_weights()])


@pytest.mark.slow  # the steps one by one are in test_steps.py, short training is in tests/models/test_training.py
@pytest.mark.parametrize("name", list(registry))
def test_a_thousand_steps_are_keras(name, keras, rng):
    from tf_reference import KerasTwin

    model, x, y = network(), rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    start = [rng.normal(size=w.shape) for w in model.weights]
    optimizer = registry[name](learning_rate=2.0**-12 if name == "lamb" else 2.0**-8)
    ours = trained(model, start, x, y, optimizer)
    moved = 0.0
    for _ in range(3):
        aside = [w * (1 + ASIDE * rng.normal(size=w.shape)) for w in start]
        moved = max(moved, np.max(np.abs(trained(model, aside, x, y, optimizer) - ours)))
    twin = KerasTwin(model.get_config(), start, model.loss, optimizer)
    for step in range(STEPS):
        twin.train_step(x[batch(step)], y[batch(step)])
    theirs = np.concatenate([w.ravel() for w in twin.get_weights()])
    u, size = allowance.unit_roundoff("float64"), np.max(np.abs(ours))
    growth = max(moved / (ASIDE * size), 1.0)  # of an error anywhere on the path, by the end
    operations = 100  # rounded ones on the way through network and rule
    allowed = allowance.of(growth * STEPS * allowance.gamma(operations, u) * size, "float64")
    assert np.max(np.abs(ours - theirs)) <= allowed, (np.max(np.abs(ours - theirs)), allowed, growth)
    assert allowed < 1e-6 * size  # the bound says something
    assert np.max(np.abs(ours - np.concatenate([w.ravel() for w in start]))) > 1e-3
