"""Comparisons made of formulas: no training, the same numbers every time."""

import math

import numpy as np
import pytest

from handnn.compare import Comparison, Plan, Run, style
from handnn.specs import optimizer as optimizer_spec

STEPS, EPOCHS = 30, 6


def curve(rng, rate, best, steps, noise):
    """A loss that falls the faster the nearer the rate is to the best one, and leaves the numbers far above it."""
    off = math.log10(rate / best)
    if off > 0.9:
        return np.concatenate([2.3 * 10.0 ** np.linspace(0, 40, steps - 3), [np.inf, np.nan, np.nan]])
    speed = 4.0 * math.exp(-2 * off * off)
    return 2.3 * (np.exp(-speed * np.linspace(0, 1, steps)) + 0.02) * np.exp(noise * rng.normal(size=steps))


def run(plan, cell, accuracy):
    rng = np.random.default_rng([cell.seed, plan.optimizers.index(cell.optimizer)])
    best = optimizer_spec.usual_rate(cell.optimizer) * 2 ** (plan.optimizers.index(cell.optimizer) % 3 - 1)
    steps = STEPS * plan.epochs
    at = np.arange(plan.epochs + 1) * STEPS
    loss = curve(rng, cell.learning_rate, best, steps + 1, 0.2)
    parts = [curve(rng, cell.learning_rate, best, steps + 1, 0.03)[at] * share for share in (0.9, 1.0, 1.02)]
    with np.errstate(all="ignore"):
        right = [np.clip(1 - part / 2.6, 0, 1) if accuracy else None for part in parts]
    seconds = np.arange(plan.epochs + 1) * STEPS * 1e-4 * (1 + 0.1 * rng.random())
    return Run(cell, loss[1:], at, *parts, *right, seconds, 1e-4, 8 * plan.optimizers.index(cell.optimizer) * 1000)


@pytest.fixture(autouse=True, scope="package")
def coarse():
    """Pictures of a tenth of the dots: what they show and where it stands is the same, and they are there sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 40)
        yield


@pytest.fixture(scope="session")
def made():
    """`made(optimizers, rates, seeds, ...)`: a comparison of these optimizers, all runs finished."""

    def make(optimizers=("sgd", "adam", "lion"), rates=5, seeds=4, target=0.5, accuracy=True, data="digits"):
        names = tuple(optimizer_spec.canonical(label) for label in optimizers)
        plan = Plan(
            data=data, layers=(64, 16, 10), activation="relu", output="softmax", loss="categorical_crossentropy",
            dtype="float32", optimizers=names, seeds=tuple(range(seeds)), epochs=EPOCHS, batch_size=32, target=target,
            rates={name: optimizer_spec.grid(optimizer_spec.usual_rate(name), rates, 0.5) for name in names},
        )  # fmt: skip
        runs = {cell: run(plan, cell, accuracy) for cell in plan.cells()}
        parity = {name: {"ok": True, "worst": 0.31, "sentence": "40 steps agree"} for name in names}
        return Comparison(plan, runs, parity)

    return make
