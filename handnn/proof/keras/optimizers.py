"""Comparison of optimizers and schedules with Keras', step by step."""

from typing import Any

import numpy as np

from ...optimizers import schedules
from ...verify import optimizer_steps
from ...verify.keras_optimizer import KerasSide, gradients_for
from ...verify.optimizer_steps import bounded_schedule


def hold_steps(judge: Any, side: KerasSide, optimizer: Any, rng: Any, count: int, held: Any = None) -> None:
    """Let Keras take steps; compare each (or those in `held`) with the hand-written step from Keras' state."""
    weights = side.state().weights
    for step in range(count):
        gradients = gradients_for(weights, step, rng)
        if held is None or step in held:
            before = side.state()
            side.apply(gradients)
            for comparison in optimizer_steps.optimizer_step(optimizer, before, gradients, side.state(), side.ours):
                judge(comparison)
        else:
            side.apply(gradients)


SCHEDULES: dict[str, list[tuple[Any, ...]]] = {
    "ExponentialDecay": [(0.1, 7, 0.9), (0.1, 7, 0.5, True), (0.1, 49, 0.5, True)],
    "PiecewiseConstantDecay": [([3, 8], [0.1, 0.05, 0.01]), ([3.5], [0.1, 0.2])],
    "PolynomialDecay": [(0.1, 10), (0.1, 10, 0.02, 2.0), (0.3, 7, 0.02, 0.5, True)],
    "InverseTimeDecay": [(0.1, 7, 0.9), (0.1, 7, 0.5, True)],
    "CosineDecay": [(0.1, 10), (0.1, 10, 0.3), (0.01, 10, 0.1, "n", 0.3, 5), (0.0, 10, 0.0, "n", 0.3, 5)],
    "CosineDecayRestarts": [(0.1, 5), (0.1, 5, 1.0, 0.8, 0.1), (0.1, 5, 1.5, 0.7), (0.1, 10, 2.0, 0.5, 0.2)],
}
STEPS = [*range(60), 69, 70, 71, 149, 150, 151, 630, 5110, 10**5]


def hold_schedule(agree: Any, tf: Any, keras: Any, name: str, given: tuple[Any, ...]) -> None:
    """Compare a schedule with these arguments with Keras' at many steps."""
    ours, theirs = getattr(schedules, name)(*given), getattr(keras.optimizers.schedules, name)(*given)
    compiled = tf.function(theirs, autograph=False)
    for step in STEPS:
        reference = compiled(tf.constant(step, "int64")).numpy()
        agree(f"{name} at {step}", np.asarray(ours(step)), reference, bounded_schedule(ours)(step))
