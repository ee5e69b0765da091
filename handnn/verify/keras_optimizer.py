"""A Keras optimizer with access to its state, and gradients that make every term of a rule matter."""

from contextlib import nullcontext
from typing import Any

import numpy as np

from ..core.variable import Variable
from .optimizer_steps import OptimizerState

SHAPES = ((), (5,), (4, 3), (2, 3, 4))


def gradients_for(weights: list[np.ndarray], step: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return gradients whose sizes vary between elements and steps; some elements are 0."""
    found = []
    for x in weights:
        size = 10.0 ** (rng.uniform(-8, 4, x.shape) if step % 2 else rng.uniform(-8, 4))
        gradient = rng.choice([-1.0, 1.0], x.shape) * size * rng.uniform(0.5, 1, x.shape)
        found.append(np.array(gradient * (rng.random(x.shape) < 0.9), x.dtype))
    return found


class KerasSide:
    """A Keras optimizer with its weights, and the handnn weights."""

    def __init__(self, tf: Any, keras: Any, build: Any, weights: list[np.ndarray], floatx: Any) -> None:
        self.variables = [keras.Variable(x, dtype=x.dtype.name, name=f"w{i}") for i, x in enumerate(weights)]
        self.ours = [Variable(x, name=v.name, path=v.path) for x, v in zip(weights, self.variables, strict=True)]
        self.optimizer = build(self.variables)
        self.step = tf.function(lambda gradients: self.optimizer.apply(gradients, self.variables), autograph=False)
        self.tensor, self.floatx = tf.constant, floatx

    def state(self) -> OptimizerState:
        from tf_reference.arrays import value_of

        return OptimizerState(*[[value_of(v) for v in part] for part in (self.variables, self.optimizer.variables)])

    def apply(self, gradients: list[np.ndarray]) -> None:
        with self.floatx():
            self.step([self.tensor(gradient) for gradient in gradients])


def keras_side(tf: Any, keras: Any, rng: Any, optimizer: Any, *dtypes: str, shapes: Any = None) -> KerasSide:
    """Return Keras' twin of a handnn optimizer, for weights of these dtypes, in all shapes or in shapes[dtype]."""
    from tf_reference.objects import built_optimizer, has_muon
    from tf_reference.twin import floatx_is

    drawn = ((shape, dtype) for dtype in dtypes for shape in (shapes or {}).get(dtype, SHAPES))
    weights = [np.array(rng.normal(size=shape), dtype) for shape, dtype in drawn]

    def floatx() -> Any:
        wide = has_muon(own.optimizer) and "float64" in dtypes
        return floatx_is("float64") if wide else nullcontext()

    own = KerasSide(tf, keras, lambda variables: built_optimizer(optimizer, variables), weights, floatx)
    return own
