"""Lion: steps by the sign of a momentum."""

import numpy as np

from ..core.variable import Array
from . import arguments
from .base import Optimizer, register
from .options import Rate, common


@register
class Lion(Optimizer):
    """The sign of an interpolation between running average and gradient.

    x <- x - lr sign(beta_1 m + (1 - beta_1) g), then m <- beta_2 m + (1 - beta_2) g; sign(0) = 0.

    Chen et al. (2023), where the weight decay is part of the step; in Keras it comes before. Keras rounds both betas to
    float32 in any dtype.
    """

    slots = ("momentum",)
    hyperparameters = ("beta_1", "beta_2")
    buffers = 2
    examples = ({"beta_1": 0.6, "beta_2": 0.9},)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not beta_1:
            raise ValueError("beta_1 must be a number in (0, 1]; received 0")

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # x = x - lr sign(beta_1 m + (1 - beta_1) g)
        # m = beta_2 m + (1 - beta_2) g
        (m,) = slots
        beta_1, beta_2 = self.rounded(self.beta_1, x.dtype), self.rounded(self.beta_2, x.dtype)
        step = np.multiply(gradient, 1 - beta_1, out=work[0])
        step += np.multiply(m, beta_1, out=work[1])
        step = np.sign(step, out=work[0])
        step *= self.rate
        x -= step

        m *= beta_2
        m += np.multiply(gradient, 1 - beta_2, out=work[0])
