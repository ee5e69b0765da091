"""Adam and its variants: Adam, AdamW, Adamax, Nadam."""

from typing import Any, ClassVar

import numpy as np

from ..config import floatx
from ..core.naming import auto_name
from ..core.stacking import PerRun
from ..core.variable import Array, Variable
from . import arguments
from .base import Optimizer, Slot, ema, register
from .options import Rate, common


def adam_rule(
    gradient: Array,
    x: Array,
    m: Array,
    v: Array,
    largest: Array | None = None,
    *,
    betas: tuple[float, float],
    epsilon: float,
    alpha: Any,
    work: tuple[Array, ...],
) -> None:
    """Adam's rule for one array, in place. With `largest` (AMSGrad), the largest v so far replaces v in the root.

    m = b1 m + (1 - b1) g
    v = b2 v + (1 - b2) g^2
    x = x - alpha m / (sqrt(v) + epsilon)
    """
    ema(m, gradient, 1 - betas[0], work[0])
    ema(v, np.multiply(gradient, gradient, out=work[0]), 1 - betas[1], work[0])

    if largest is not None:
        v = np.maximum(largest, v, out=largest)
    root = np.sqrt(v, out=work[0])
    root += epsilon
    step = np.multiply(m, alpha, out=work[1])
    step /= root
    x -= step


def corrected_rate(optimizer: Optimizer, rate: Any, beta_1: float, beta_2: float, dtype: Any) -> Any:
    """Return alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t) for the next step t, computed in this dtype."""
    t = optimizer.number(optimizer.iterations + 1, dtype)
    power_1, power_2 = optimizer.rounded(beta_1, dtype) ** t, optimizer.rounded(beta_2, dtype) ** t
    return rate * np.sqrt(1 - power_2) / (1 - power_1)


@register
class Adam(Optimizer):
    """Steps scaled by running averages of g and g^2.

    m <- m + (1 - beta_1)(g - m), v <- v + (1 - beta_2)(g^2 - v),
    x <- x - alpha m / (sqrt(v) + epsilon), alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), t = 1, 2, ...
    With amsgrad, v in the last line is the largest v so far (Reddi et al. 2018, who leave alpha uncorrected).

    Kingma & Ba (2015), the faster form of section 2: as in Keras, epsilon is outside the bias correction ('epsilon
    hat'); the paper's Algorithm 1 corrects v first. Keras rounds beta to float32 in beta^t, in any dtype, but not in
    1 - beta.
    """

    slots = ("momentum", "velocity", "velocity_hat")
    hyperparameters = ("beta_1", "beta_2", "epsilon", "amsgrad")
    buffers = 2
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"beta_1": 0.875, "beta_2": 0.875},
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3},
        {"amsgrad": True, "beta_2": 0.9},
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.epsilon, self.amsgrad = arguments.at_least_zero(epsilon, "epsilon"), amsgrad

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.slots[:2], self.slots[2:]) if self.amsgrad else (self.slots[:2],)

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        alpha = self.per_step(self.step_size, x.dtype)
        adam_rule(gradient, x, *slots, betas=(self.beta_1, self.beta_2), epsilon=self.epsilon, alpha=alpha, work=work)

    def step_size(self, dtype: Any) -> Any:
        """Return alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), computed in the weight's dtype."""
        return corrected_rate(self, self.number(self.rate, dtype), self.beta_1, self.beta_2, dtype)


@register
class AdamW(Adam):
    """Adam with decoupled weight decay: x <- x - lr wd x before Adam's step.

    The base class applies the decay. Loshchilov & Hutter (2019), Algorithm 2, where only the schedule multiplier scales
    the decay. In Keras the whole learning rate scales it, and it comes before the step instead of with it.
    """

    examples = ({"weight_decay": 0.3, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3},)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        own: dict[str, Any] = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "amsgrad": amsgrad}
        super().__init__(**common(locals()), **own)
        arguments.number(weight_decay, "weight_decay")


@register
class Adamax(Optimizer):
    """Adam with a decayed maximum of |g| in place of sqrt(v).

    m <- m + (1 - beta_1)(g - m), u <- max(beta_2 u, |g|), x <- x - lr m / ((1 - beta_1^t)(u + epsilon)).

    Kingma & Ba (2015), Algorithm 2, which has no epsilon. Keras rounds beta_1 to float32 in beta_1^t, in any dtype, but
    not elsewhere.
    """

    slots = ("momentum", "norm")
    hyperparameters = ("beta_1", "beta_2", "epsilon")
    buffers = 2
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
        # m = m + (1 - beta_1)(g - m)
        # u = max(beta_2 u, |g|)
        # x = x - lr m / ((1 - beta_1^t)(u + epsilon))
        m, u = slots
        ema(m, gradient, 1 - self.beta_1, work[0])

        u *= self.beta_2
        np.maximum(u, np.abs(gradient, out=work[0]), out=u)

        scale = np.add(u, self.epsilon, out=work[0])
        scale *= self.per_step(self.correction, x.dtype)
        step = np.multiply(m, self.rate, out=work[1])
        step /= scale
        x -= step

    def correction(self, dtype: Any) -> Any:
        """Return 1 - beta_1^t."""
        return 1 - self.rounded(self.beta_1, dtype) ** self.number(self.iterations + 1, dtype)


@register
class Nadam(Optimizer):
    """Adam with Nesterov momentum.

    mu_t = beta_1 (1 - 0.96^t / 2), U = mu_1 ... mu_t,
    m <- m + (1 - beta_1)(g - m), v <- v + (1 - beta_2)(g^2 - v),
    m_hat = mu_(t+1) m / (1 - U mu_(t+1)) + (1 - mu_t) g / (1 - U), v_hat = v / (1 - beta_2^t),
    x <- x - lr m_hat / (sqrt(v_hat) + epsilon).

    Dozat (2016) has 0.96^(0.004 t); Keras uses 0.96^t, so that mu is almost beta_1 after 100 steps. U is one number
    for all weights, in the dtype of the first. Keras rounds both betas and 0.96 to float32 in any dtype, except in U.
    """

    slots = ("momentum", "velocity")
    hyperparameters = ("beta_1", "beta_2", "epsilon")
    buffers = 2
    DECAY = 0.96
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

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        dtype = self._work[0][0].dtype if self._work else floatx()
        shape = () if self.runs is None else (self.runs,)
        product = Variable(np.ones(shape, dtype), name=auto_name("Variable"), trainable=False)
        self._own_slots.append(Slot("u_product", None, product))

    def begin_step(self) -> None:
        product = self._own_slots[-1].variable.value
        t = self.number(self.iterations + 1, product.dtype)
        factor = 1 - 0.5 * self.number(self.DECAY, product.dtype) ** t
        np.copyto(product, product * self.beta_1 * factor)

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # m = m + (1 - beta_1)(g - m)      v = v + (1 - beta_2)(g^2 - v)
        # m_hat = mu_(t+1) m / (1 - U mu_(t+1)) + (1 - mu_t) g / (1 - U)      v_hat = v / (1 - beta_2^t)
        # x = x - lr m_hat / (sqrt(v_hat) + epsilon)
        m, v = slots
        mu, mu_next, rest, rest_next, rest_2 = self.per_step(self.coefficients, x.dtype)
        ema(m, gradient, 1 - self.rounded(self.beta_1, x.dtype), work[0])
        ema(v, np.multiply(gradient, gradient, out=work[0]), 1 - self.rounded(self.beta_2, x.dtype), work[0])

        m_hat = np.multiply(m, mu_next, out=work[0])
        m_hat /= rest_next
        ahead = np.multiply(gradient, 1 - mu, out=work[1])
        ahead /= rest
        m_hat += ahead
        root = np.sqrt(np.divide(v, rest_2, out=work[1]), out=work[1])
        root += self.epsilon
        m_hat *= self.rate
        m_hat /= root
        x -= m_hat

    def coefficients(self, dtype: Any) -> tuple[Any, ...]:
        """Return mu_t, mu_(t+1), 1 - U, 1 - U mu_(t+1) and 1 - beta_2^t."""
        t, beta_1, decay = self.iterations + 1, self.rounded(self.beta_1, dtype), self.rounded(self.DECAY, dtype)
        mu, mu_next = (beta_1 * (1 - 0.5 * decay ** self.number(n, dtype)) for n in (t, t + 1))
        product: Any = self._own_slots[-1].variable.value.astype(dtype)
        product = product if self.runs is None else PerRun(product)
        rest_2 = 1 - self.rounded(self.beta_2, dtype) ** self.number(t, dtype)
        return mu, mu_next, 1 - product, 1 - product * mu_next, rest_2
