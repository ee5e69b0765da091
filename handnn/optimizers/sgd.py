"""Gradient descent: SGD."""

import numpy as np

from ..core.variable import Array
from . import arguments
from .base import Optimizer, register
from .options import Rate, common


@register
class SGD(Optimizer):
    """Gradient descent, optionally with momentum.

    x <- x - lr g;  with momentum mu: m <- mu m - lr g, x <- x + m;  Nesterov: x <- x + mu m - lr g with the new m.

    Sutskever et al. (2013). With Nesterov, x is the paper's look-ahead point theta + mu v, where the gradient is
    computed. Keras rounds mu to float32 in any dtype.
    """

    slots = ("momentum",)
    hyperparameters = ("momentum", "nesterov")
    examples = ({"momentum": 0.9}, {"momentum": 0.7, "nesterov": True})

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        self.momentum, self.nesterov = arguments.share(momentum, "momentum"), nesterov

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.slots,) if self.momentum else ()

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        step = np.multiply(gradient, self.rate, out=work[0])
        if not slots:
            x -= step
            return
        (m,), mu = slots, self.rounded(self.momentum, x.dtype)
        m *= mu
        m -= step
        if self.nesterov:
            x += np.subtract(m * mu, step, out=work[0])
        else:
            x += m
