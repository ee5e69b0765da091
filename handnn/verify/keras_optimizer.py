"""A Keras optimizer with access to its state, and gradients that make every term of a rule matter."""

from contextlib import nullcontext
from typing import Any

import numpy as np

from ..core.variable import Array, Variable
from ..optimizers import Optimizer
from .optimizer_steps import OptimizerState, by_element, laid_out, parts_of

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


MOST_ELEMENTS = 1 << 17
"""Elements up to which weights are laid end to end for Keras: of larger ones its Python code takes no more time."""


def takes_one_vector(optimizer: Optimizer, weights: list[Variable]) -> bool:
    """Return whether Keras may take the step of all weights at once: its rule acts element by element."""
    spared = optimizer.excluded or optimizer.excluded_names  # by variable and name, in a model only
    alike = len({weight.dtype for weight in weights}) == 1 and by_element(optimizer, weights)
    return alike and not spared and sum(weight.size for weight in weights) <= MOST_ELEMENTS


class AsOneVector:
    """Keras' steps of all weights laid end to end, in place of the optimizer of a `KerasTwin`.

    Args:
        optimizer: as `takes_one_vector` takes it. weights: give the start, and the order of the slots.
    """

    def __init__(self, optimizer: Optimizer, weights: list[Variable]) -> None:
        from tf_reference import OneVector

        self.parts = parts_of(weights)
        start = laid_out([weight.value for weight in weights])
        self.keras = OneVector(optimizer, start)
        one, several = optimizer.unbuilt(), optimizer.unbuilt()
        one.build([Variable(start)])
        several.build(weights)
        self.own, self.slots = [slot.slot for slot in one.all_slots()], several.all_slots()

    def _cut(self, array: Array, weight: int | None) -> Array:
        """Return a weight's part in its shape; what belongs to all weights as it is."""
        return array if weight is None else self.parts[weight].of(array)

    def trained_weights(self) -> list[Array]:
        values = self.keras.values()
        return [part.of(values) for part in self.parts]

    def optimizer_state(self) -> list[Array]:
        """Return step count, learning rate and the slots of each weight, in Keras' order of them."""
        state = self.keras.state()
        counters = state[: len(state) - len(self.own)]
        values = dict(zip(self.own, state[len(counters) :], strict=True))
        return [*counters, *(self._cut(values[slot.slot], slot.weight) for slot in self.slots)]

    def apply(self, gradients: list[Array]) -> None:
        self.keras.apply(laid_out(gradients))
