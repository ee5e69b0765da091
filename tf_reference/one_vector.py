"""Keras' optimizer on a single variable, without a model."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .arrays import value_of
from .objects import built_optimizer

Array = np.ndarray


class OneVector:
    """A Keras optimizer that trains one vector.

    A rule that acts element by element takes the same step of all weights of a network laid end to end as of each of
    them, and Keras' Python code then runs once rather than once for each weight.

    Args:
        optimizer: Keras name, config {'class_name', 'config'}, or an object with get_config().
        x: the vector's first values, (n,).
    """

    def __init__(self, optimizer: Any, x: Array) -> None:
        self.variable = keras.Variable(x, dtype=x.dtype.name, name="weights")
        self.optimizer = built_optimizer(optimizer, [self.variable])

    def values(self) -> Array:
        """Return the vector. Read-only; later steps do not change it."""
        return value_of(self.variable)

    def state(self) -> list[Array]:
        """Return the arrays of `optimizer.variables`: step count, learning rate, slots. Read-only."""
        return [value_of(variable) for variable in self.optimizer.variables]

    def apply(self, gradient: Array) -> None:
        """Take one step with this gradient, (n,)."""
        self.optimizer.apply([tf.constant(gradient)], [self.variable])
