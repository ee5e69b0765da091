"""Prodigy: Adam that finds its learning rate."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...config import floatx
from ...core.variable import Array, Variable
from .. import arguments
from ..base import Slot
from ..options import Rate
from .base import RecentOptimizer, register


@register
class Prodigy(RecentOptimizer):
    """Adam with steps of a length d that is estimated from how far the weights have moved.

    With one d and one r for all weights, and sums over all of them:
    m <- b1 m + (1 - b1) d g, v <- b2 v + (1 - b2) d^2 g^2,
    r <- sqrt(b2) r + (1 - sqrt(b2)) lr d^2 sum g (x_0 - x), s <- sqrt(b2) s + (1 - sqrt(b2)) lr d^2 g,
    x <- x - lr d m / (sqrt(v) + d epsilon), then d <- max(d, r / sum |s|). Leave learning_rate at 1.

    Mishchenko, Defazio (2023), arXiv 2306.06101, Algorithm 4, where the decay is part of the step: here it comes
    before, and x in r is the decayed one.
    """

    slots = ("momentum", "velocity", "sums", "start")
    hyperparameters = ("beta_1", "beta_2", "epsilon", "initial_distance")
    buffers = 2
    elementwise = False
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "initial_distance": 0.1},
    )
    beta_1: float
    beta_2: float

    def __init__(
        self,
        learning_rate: Rate = 1.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        initial_distance: float = 1e-6,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta_1=beta_1, beta_2=beta_2)
        self.epsilon = arguments.at_least_zero(epsilon, "epsilon")
        self.initial_distance = arguments.positive(initial_distance, "initial_distance")

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        return super().new_slots(variable, x) | {"start": x.copy()}

    def build(self, variables: Iterable[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        dtype = self._work[0][0].dtype if self._work else floatx()
        for slot, start in (("distance", self.initial_distance), ("numerator", 0.0)):
            variable = Variable(np.asarray(start, dtype), name=slot, path=f"{self.name}/{slot}", trainable=False)
            self._own_slots.append(Slot(slot, None, variable))

    def _shared(self) -> tuple[Any, Any]:
        """Return d and r."""
        return self._own_slots[-2].variable.value, self._own_slots[-1].variable.value

    def begin_step(self) -> None:
        self._moved: Any = 0.0
        self._length: Any = 0.0

    def take_step(self, gradients: list[Any], variables: list[Any], xs: list[Array]) -> None:
        self._length = None
        super().take_step(gradients, variables, xs)
        if self._length is None:  # the gradients were only accumulated
            return
        d, r = self._shared()
        keep = math.sqrt(self.beta_2)
        np.copyto(r, r * keep + self._moved * (1 - keep))
        if self._length > 0:
            np.copyto(d, np.maximum(d, r / self._length))

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        m, v, s, start = slots
        d, keep = self._shared()[0], math.sqrt(self.beta_2)
        scale = d * d * self.rate
        moved = np.subtract(start, x, out=work[0])
        self._moved = self._moved + np.sum(np.multiply(moved, gradient, out=work[0])) * scale
        s *= keep
        s += np.multiply(gradient, scale * (1 - keep), out=work[0])
        self._length = self._length + np.sum(np.abs(s))

        m *= self.beta_1
        m += np.multiply(gradient, d * (1 - self.beta_1), out=work[0])
        v *= self.beta_2
        square = np.multiply(gradient, gradient, out=work[0])
        square *= d * d * (1 - self.beta_2)
        v += square
        root = np.sqrt(v, out=work[0])
        root += d * self.epsilon
        step = np.multiply(m, d * self.rate, out=work[1])
        step /= root
        x -= step
