"""Keras optimizers with their state laid open, gradients that let every term of a rule matter, and schedules."""

from contextlib import nullcontext
from typing import Any

import numpy as np

from ...core.variable import Variable
from ...optimizers import schedules
from .. import optimizer_steps
from ..optimizer_steps import OptimizerState, bounded_schedule

SHAPES = ((), (5,), (4, 3), (2, 3, 4))


def gradients_for(weights: list[np.ndarray], step: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Sizes differ from element to element and from step to step; now and then an element is 0."""
    found = []
    for x in weights:
        size = 10.0 ** (rng.uniform(-8, 4, x.shape) if step % 2 else rng.uniform(-8, 4))
        gradient = rng.choice([-1.0, 1.0], x.shape) * size * rng.uniform(0.5, 1, x.shape)
        found.append(np.array(gradient * (rng.random(x.shape) < 0.9), x.dtype))
    return found


class KerasSide:
    """A Keras optimizer, its weights, and the handnn ones beside them."""

    def __init__(self, tf: Any, keras: Any, build: Any, weights: list[np.ndarray], floatx: Any) -> None:
        self.variables = [keras.Variable(x, dtype=x.dtype.name, name=f"w{i}") for i, x in enumerate(weights)]
        self.ours = [Variable(x, v.name, v.path) for x, v in zip(weights, self.variables, strict=True)]
        self.optimizer = build(self.variables)
        self.step = tf.function(lambda gradients: self.optimizer.apply(gradients, self.variables), autograph=False)
        self.tensor, self.floatx = tf.constant, floatx

    def state(self) -> OptimizerState:
        return OptimizerState([np.array(v) for v in self.variables], [np.array(v) for v in self.optimizer.variables])

    def apply(self, gradients: list[np.ndarray]) -> None:
        with self.floatx():
            self.step([self.tensor(gradient) for gradient in gradients])


def keras_side(tf: Any, keras: Any, rng: Any, optimizer: Any, *dtypes: str, shapes: Any = None) -> KerasSide:
    """Return Keras' twin of a handnn optimizer over weights of these dtypes; of every shape, or shapes[dtype]."""
    from tf_reference.objects import built_optimizer, has_muon
    from tf_reference.twin import floatx_is

    drawn = ((shape, dtype) for dtype in dtypes for shape in (shapes or {}).get(dtype, SHAPES))
    weights = [np.array(rng.normal(size=shape), dtype) for shape, dtype in drawn]

    def floatx() -> Any:
        wide = has_muon(own.optimizer) and "float64" in dtypes
        return floatx_is("float64") if wide else nullcontext()

    own = KerasSide(tf, keras, lambda variables: built_optimizer(optimizer, variables), weights, floatx)
    return own


def hold_steps(judge: Any, side: KerasSide, optimizer: Any, rng: Any, count: int, held: Any = None) -> None:
    """Let Keras take so many steps; hold each, or those whose numbers are in held, against it from its own state."""
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
    """Hold a schedule with these arguments against Keras' at many steps."""
    ours, theirs = getattr(schedules, name)(*given), getattr(keras.optimizers.schedules, name)(*given)
    compiled = tf.function(theirs)
    for step in STEPS:
        reference = compiled(tf.constant(step, "int64")).numpy()
        agree(f"{name} at {step}", np.asarray(ours(step)), reference, bounded_schedule(ours)(step))
