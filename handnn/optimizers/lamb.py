"""Lamb: Adam's direction, scaled by the weights' norm."""

from typing import Any

import numpy as np

from ..core.variable import Array
from . import arguments
from .base import Optimizer, ema, register
from .options import Rate, common


@register
class Lamb(Optimizer):
    """Adam's direction, rescaled to the length lr ||x||.

    m <- m + (1 - beta_1)(g - m), v <- v + (1 - beta_2)(g^2 - v),
    s = (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon),
    x <- x - lr (||x|| / ||s||) s, with the quotient 1 if one of the norms is 0.

    You et al. (2020), Algorithm 2, where the decay is part of s and scaled with it; in Keras it comes before. Keras
    rounds beta to float32 in beta^t, in any dtype, but not in 1 - beta. `keras.optimizers.get("lamb")` does not know
    it.
    """

    slots = ("momentum", "velocity")
    hyperparameters = ("beta_1", "beta_2", "epsilon")
    buffers = 2
    elementwise = False
    examples = ({"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3},)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(**common(locals()))
        self.beta_1, self.beta_2 = arguments.share(beta_1, "beta_1"), arguments.share(beta_2, "beta_2")
        self.epsilon = arguments.at_least_zero(epsilon, "epsilon")

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # m = m + (1 - beta_1)(g - m)      v = v + (1 - beta_2)(g^2 - v)
        # s = (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)
        # x = x - lr (||x|| / ||s||) s
        m, v = slots
        ema(m, gradient, 1 - self.beta_1, work[0])
        ema(v, np.multiply(gradient, gradient, out=work[0]), 1 - self.beta_2, work[0])

        rest_1, rest_2 = self.per_step(self.corrections, x.dtype)
        root = np.sqrt(np.divide(v, rest_2, out=work[0]), out=work[0])
        root += self.epsilon
        step = np.divide(m, rest_1, out=work[1])
        step /= root
        step *= self.trust(norm(x, work[0]), norm(step, work[0])) * self.number(self.rate, x.dtype)
        x -= step

    def corrections(self, dtype: Any) -> tuple[Any, Any]:
        """Return 1 - beta_1^t and 1 - beta_2^t."""
        t = self.number(self.iterations + 1, dtype)
        return 1 - self.rounded(self.beta_1, dtype) ** t, 1 - self.rounded(self.beta_2, dtype) ** t

    @staticmethod
    def trust(weight_norm: Any, step_norm: Any) -> Any:
        """Return ||x|| / ||s||, or 1 if one of them is 0."""
        return weight_norm / step_norm if weight_norm > 0 and step_norm > 0 else 1.0


def norm(x: Any, work: Array) -> Any:
    """Return the Euclidean norm."""
    return np.sqrt(np.sum(np.multiply(x, x, out=work)))
