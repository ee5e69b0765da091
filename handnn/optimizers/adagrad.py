"""Steps divided by the root of squared gradients: Adagrad, RMSprop, Adadelta."""

from typing import Any

import numpy as np

from ..core.variable import Array
from . import arguments
from .base import Optimizer, register
from .options import Rate, common


@register
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far.

    a <- a + g^2, x <- x - lr g / sqrt(a + epsilon), with a starting at initial_accumulator_value.

    Duchi, Hazan & Singer (2011) add their delta outside the root and start at 0. Keras rounds the initial value to
    float32 in any dtype.
    """

    slots = ("accumulator",)
    hyperparameters = ("initial_accumulator_value", "epsilon")
    alike = ("initial_accumulator_value",)
    buffers = 2
    examples = ({"epsilon": 1e-3, "initial_accumulator_value": 0.0},)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
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
        self.initial_accumulator_value = arguments.number(initial_accumulator_value, "initial_accumulator_value")
        self.epsilon = arguments.at_least_zero(epsilon, "epsilon")

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        return {"accumulator": np.full_like(x, np.float32(self.initial_accumulator_value))}

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # a = a + g^2
        # x = x - lr g / sqrt(a + epsilon)
        (a,) = slots
        a += np.multiply(gradient, gradient, out=work[0])
        root = np.add(a, self.epsilon, out=work[0])
        root = np.sqrt(root, out=work[0])
        step = np.multiply(gradient, self.rate, out=work[1])
        step /= root
        x -= step


@register
class RMSprop(Optimizer):
    """Steps divided by the root of a running average of squared gradients, optionally with momentum.

    v <- rho v + (1 - rho) g^2, s = lr g / sqrt(v + epsilon), x <- x - s;  with momentum mu: m <- mu m + s, x <- x - m.
    With centered=True, a <- rho a + (1 - rho) g is the average gradient, and the variance v - a^2 replaces v in the
    root (Graves 2013). As in Keras, rounding can make v - a^2 + epsilon negative and the weight NaN.

    Hinton, lecture 6e (2012). Keras' documentation calls epsilon 'epsilon hat', but it is inside the root.
    """

    slots = ("velocity", "momentum", "average_gradient")
    hyperparameters = ("rho", "momentum", "epsilon", "centered")
    buffers = 2
    examples = (
        {"rho": 0.8, "momentum": 0.7, "epsilon": 1e-3},
        {"centered": True, "epsilon": 1e-3},
        {"centered": True, "rho": 0.6, "momentum": 0.9, "epsilon": 1e-5},
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho, self.momentum = arguments.share(rho, "rho"), arguments.share(momentum, "momentum")
        self.epsilon, self.centered = arguments.at_least_zero(epsilon, "epsilon"), centered

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        wanted = (True, self.momentum > 0, self.centered)
        return tuple((slot,) for slot, in_use in zip(self.slots, wanted, strict=True) if in_use)

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # v = rho v + (1 - rho) g^2      a = rho a + (1 - rho) g, if centered; else a = 0
        # s = lr g / sqrt(v - a^2 + epsilon)
        # m = mu m + s, x = x - m; without momentum x = x - s
        v, *others = slots
        square = np.multiply(gradient, gradient, out=work[0])
        square *= 1 - self.rho
        v *= self.rho
        v += square
        if self.centered:
            average = others[-1]
            average *= self.rho
            average += np.multiply(gradient, 1 - self.rho, out=work[0])
            variance = np.subtract(v, np.multiply(average, average, out=work[0]), out=work[0])
            root = np.add(variance, self.epsilon, out=work[0])
        else:
            root = np.add(v, self.epsilon, out=work[0])
        root = np.sqrt(root, out=work[0])
        step = np.multiply(gradient, self.rate, out=work[1])
        step /= root
        if self.momentum > 0:
            m = others[0]
            m *= self.momentum
            m += step
            step = m
        x -= step


@register
class Adadelta(Optimizer):
    """Steps scaled by the size of earlier steps, so that no learning rate is needed.

    a <- rho a + (1 - rho) g^2, s = - sqrt(d + epsilon) g / sqrt(a + epsilon),
    d <- rho d + (1 - rho) s^2, x <- x + lr s.

    Zeiler (2012), Algorithm 1, with lr = 1; Keras' default of 0.001 takes steps a thousand times smaller.
    """

    slots = ("accumulated_grad", "accumulated_delta_var")
    hyperparameters = ("rho", "epsilon")
    buffers = 2
    examples = ({"rho": 0.8, "epsilon": 1e-3},)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
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
        self.rho, self.epsilon = arguments.share(rho, "rho"), arguments.at_least_zero(epsilon, "epsilon")

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # a = rho a + (1 - rho) g^2
        # s = -sqrt(d + epsilon) g / sqrt(a + epsilon), below with the opposite sign
        # d = rho d + (1 - rho) s^2      x = x + lr s
        a, d = slots
        square = np.multiply(gradient, gradient, out=work[0])
        square *= 1 - self.rho
        a *= self.rho
        a += square

        step = np.sqrt(np.add(d, self.epsilon, out=work[0]), out=work[0])
        step *= gradient
        step /= np.sqrt(np.add(a, self.epsilon, out=work[1]), out=work[1])

        square = np.multiply(step, step, out=work[1])
        square *= 1 - self.rho
        d *= self.rho
        d += square

        step *= self.rate
        x -= step
