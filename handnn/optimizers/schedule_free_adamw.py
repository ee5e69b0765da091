"""ScheduleFreeAdamW: averaging in place of a schedule."""

from typing import Any

import numpy as np

from ..core.variable import Array
from . import arguments
from .base import Optimizer, ema, register
from .options import Rate, common


@register
class ScheduleFreeAdamW(Optimizer):
    """Adam without momentum on a sequence z; the weights interpolate between z and its average.

    v <- v + (1 - beta_2)(g^2 - v), z <- z - lr g / (sqrt(v / (1 - beta_2^t)) + epsilon),
    xbar = (x - (1 - beta_1) z) / beta_1,  x <- (1 - beta_1) z + beta_1 ((1 - 1/t) xbar + z / t).
    z is the slot `momentum` and starts at the weights. In the first warmup_steps steps lr grows from lr / warmup_steps.

    Defazio et al. (2024), Algorithm 1, where x is called y and xbar is x. The paper recovers xbar from the z before its
    update. So does Keras' source, but its `momentum_old = momentum.value` is TensorFlow's variable itself, which by
    then holds the new z; TensorFlow computes the rule above, and so does this class. The paper weights the average by
    lr^2; Keras does not. Keras rounds both betas and epsilon to float32 in any dtype.
    """

    slots = ("momentum", "velocity")
    hyperparameters = ("beta_1", "beta_2", "epsilon", "warmup_steps")
    buffers = 2
    examples = ({"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3, "warmup_steps": 5},)

    def __init__(
        self,
        learning_rate: Rate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.warmup_steps = arguments.at_least_zero(warmup_steps, "warmup_steps")

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        return {"momentum": x.copy(), "velocity": np.zeros_like(x)}

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # v = v + (1 - beta_2)(g^2 - v)      z = z - lr g / (sqrt(v / (1 - beta_2^t)) + epsilon)
        # xbar = (x - (1 - beta_1) z) / beta_1
        # x = (1 - beta_1) z + beta_1 ((1 - 1/t) xbar + z / t)
        z, v = slots
        beta_1, beta_2 = self.rounded(self.beta_1, x.dtype), self.rounded(self.beta_2, x.dtype)
        lr, rest_2, share = self.per_step(self.coefficients, x.dtype)
        ema(v, np.multiply(gradient, gradient, out=work[0]), 1 - beta_2, work[0])

        root = np.sqrt(np.divide(v, rest_2, out=work[0]), out=work[0])
        root += self.rounded(self.epsilon, x.dtype)
        step = np.multiply(gradient, lr, out=work[1])
        step /= root
        z -= step

        z_share = np.multiply(z, 1 - beta_1, out=work[0])
        average = np.subtract(x, z_share, out=work[1])
        average /= beta_1
        average *= 1 - share
        average += np.multiply(z, share, out=x)
        average *= beta_1
        np.add(z_share, average, out=x)

    def coefficients(self, dtype: Any) -> tuple[Any, Any, Any]:
        """Return the learning rate after warm-up, 1 - beta_2^t and 1 / t."""
        t, lr = self.number(self.iterations + 1, dtype), self.number(self.rate, dtype)
        if self.warmup_steps > 0:
            lr = lr * np.minimum(t / self.number(self.warmup_steps, dtype), 1.0)
        return lr, 1 - self.rounded(self.beta_2, dtype) ** t, 1 / t
