"""Ftrl: follow the regularized leader."""

from typing import Any

import numpy as np

from ..core.variable import Array
from . import arguments
from .base import Optimizer, register
from .options import Rate, common


@register
class Ftrl(Optimizer):
    """Follow the regularized leader.

    n' = n + g^2, sigma = (n'^p - n^p) / lr with p = -learning_rate_power, z <- z + g + 2 l2_shrinkage x - sigma x,
    x <- (min(max(z, -l1), l1) - z) / (n'^p / lr + 2 l2 + beta / lr), n <- n'.
    n starts at initial_accumulator_value, which Keras rounds to float32 in any dtype. If |z| <= l1 the weight is
    exactly 0: l1 makes sparse weights.

    McMahan et al. (2013), Algorithm 1, with p = 1/2 and without shrinkage. The initial weights enter only through z
    (the terms sigma x and shrinkage).
    """

    slots = ("accumulator", "linear")
    hyperparameters = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )
    alike = ("learning_rate_power", "initial_accumulator_value")
    buffers = 3
    examples = (
        {"l1_regularization_strength": 0.3, "l2_regularization_strength": 0.2, "beta": 0.1},
        {"l2_shrinkage_regularization_strength": 0.3, "learning_rate_power": -0.7, "initial_accumulator_value": 1e-3},
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self.initial_accumulator_value = arguments.at_least_zero(initial_accumulator_value, "initial_accumulator_value")
        self.l1_regularization_strength = arguments.at_least_zero(
            l1_regularization_strength, "l1_regularization_strength"
        )
        self.l2_regularization_strength = arguments.at_least_zero(
            l2_regularization_strength, "l2_regularization_strength"
        )
        self.l2_shrinkage_regularization_strength = arguments.at_least_zero(
            l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"
        )
        self.beta = arguments.number(beta, "beta")
        self.learning_rate_power = arguments.number(learning_rate_power, "learning_rate_power")
        if learning_rate_power > 0:
            raise ValueError(f"learning_rate_power must be a number <= 0; received {learning_rate_power}")

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        return {"accumulator": np.full_like(x, np.float32(self.initial_accumulator_value)), "linear": np.zeros_like(x)}

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # z = z + g + 2 l2_shrinkage x - sigma x      with sigma = ((n + g^2)^p - n^p) / lr
        # n = n + g^2
        # x = (clip(z, -l1, l1) - z) / (n^p / lr + 2 l2 + beta / lr)
        (n, z), p, l1 = slots, -self.learning_rate_power, self.l1_regularization_strength
        shrinkage = np.multiply(x, 2 * self.l2_shrinkage_regularization_strength, out=work[0])
        pull = np.add(gradient, shrinkage, out=work[0])

        before = np.power(n, p, out=work[1])
        n += np.multiply(gradient, gradient, out=work[2])
        after = np.power(n, p, out=work[2])
        sigma = np.subtract(after, before, out=work[1])
        sigma /= self.rate
        sigma *= x
        pull -= sigma
        z += pull

        lr = self.number(self.rate, x.dtype)
        quadratic = np.divide(after, lr, out=work[2])
        quadratic += 2 * (self.l2_regularization_strength + self.beta / (2 * lr))
        clipped = np.maximum(np.minimum(z, l1, out=work[0]), -l1, out=work[0])
        clipped -= z
        np.divide(clipped, quadratic, out=x)
