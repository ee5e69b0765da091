"""Signum, AdEMAMix, ADOPT: what is averaged, and when."""

import math
from typing import Any, ClassVar

import numpy as np

from ...core.variable import Array
from .. import arguments
from ..base import ema
from ..options import Rate
from .base import RecentOptimizer, register


@register
class Signum(RecentOptimizer):
    """Steps by the sign of a running average.

    m <- beta m + (1 - beta) g, x <- x - lr sign(m); sign(0) = 0.

    Bernstein et al. (2018), arXiv 1802.04434, Algorithm 2, on one worker. Weight decay, if any, comes before the step.
    """

    slots = ("momentum",)
    hyperparameters = ("beta",)
    examples = ({"beta": 0.6},)
    beta: float

    def __init__(self, learning_rate: Rate = 0.001, beta: float = 0.9, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta=beta)

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        (m,) = slots
        ema(m, gradient, 1 - self.beta, work[0])
        step = np.sign(m, out=work[0])
        step *= self.rate
        x -= step


@register
class AdEMAMix(RecentOptimizer):
    """Adam with a second, much slower average of the gradients.

    m1 <- b1 m1 + (1 - b1) g, m2 <- b3 m2 + (1 - b3) g, v <- b2 v + (1 - b2) g^2,
    x <- x - lr (m1 / (1 - b1^t) + alpha m2) / (sqrt(v / (1 - b2^t)) + epsilon).

    With warmup = T, alpha and b3 grow over T steps: alpha_t = alpha min(t / T, 1), and b3 from b1 so that the half-life
    of the slow average grows linearly, b3_t = exp(ln b1 ln b3 / ((1 - t/T) ln b3 + (t/T) ln b1)).

    Pagliardini, Ablin, Grangier (2024), arXiv 2409.03137, Algorithm 1, where the decay is part of the step: here it
    comes before.
    """

    slots = ("momentum", "slow_momentum", "velocity")
    hyperparameters = ("beta_1", "beta_2", "beta_3", "alpha", "warmup", "epsilon")
    alike = ("beta_1", "beta_3")
    buffers = 2
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"beta_1": 0.8, "beta_2": 0.95, "beta_3": 0.99, "alpha": 2.0, "epsilon": 1e-3},
        {"beta_1": 0.5, "beta_3": 0.9, "warmup": 4},
    )
    beta_1: float
    beta_2: float
    beta_3: float

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        beta_3: float = 0.9999,
        alpha: float = 5.0,
        warmup: int | None = None,
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta_1=beta_1, beta_2=beta_2, beta_3=beta_3)
        self.alpha, self.epsilon = arguments.number(alpha, "alpha"), arguments.at_least_zero(epsilon, "epsilon")
        self.warmup = arguments.count(warmup, "warmup", 1)
        if warmup is not None and not (0 < beta_1 < 1 and 0 < beta_3 < 1):
            raise ValueError(f"beta_1 and beta_3 must be in (0, 1) for a warmup; received {beta_1} and {beta_3}")

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        m1, m2, v = slots
        alpha, beta_3, rest_1, rest_2 = self.per_step(self.coefficients, x.dtype)
        ema(m1, gradient, 1 - self.beta_1, work[0])
        ema(m2, gradient, 1 - beta_3, work[0])
        ema(v, np.multiply(gradient, gradient, out=work[0]), 1 - self.beta_2, work[0])

        step = np.divide(m1, rest_1, out=work[0])
        step += np.multiply(m2, alpha, out=work[1])
        root = np.sqrt(np.divide(v, rest_2, out=work[1]), out=work[1])
        root += self.epsilon
        step /= root
        step *= self.rate
        x -= step

    def coefficients(self, dtype: Any) -> tuple[Any, ...]:
        """Return alpha_t, b3_t, 1 - b1^t and 1 - b2^t for the next step t."""
        t, rests = self.iterations + 1, self.rests(dtype, self.iterations + 1, self.beta_1, self.beta_2)
        if self.warmup is None or t >= self.warmup:
            return self.alpha, self.beta_3, *rests
        share, start, end = t / self.warmup, math.log(self.beta_1), math.log(self.beta_3)
        beta_3 = math.exp(start * end / ((1 - share) * end + share * start))
        return self.alpha * share, min(beta_3, self.beta_3), *rests


@register
class ADOPT(RecentOptimizer):
    """Adam whose v does not contain the gradient that it scales.

    The first step only sets v = g^2. Then, for t = 1, 2, ...
    m <- b1 m + (1 - b1) clip(g / max(sqrt(v), epsilon), -t^(1/4), t^(1/4)), x <- x - lr m,
    v <- b2 v + (1 - b2) g^2.

    Taniguchi et al. (2024), arXiv 2411.02853, Algorithm 2. Weight decay, if any, comes before the step, also in the
    first one.
    """

    slots = ("momentum", "velocity")
    hyperparameters = ("beta_1", "beta_2", "epsilon")
    buffers = 2
    examples = ({"beta_1": 0.6, "beta_2": 0.9, "epsilon": 1e-3},)
    beta_1: float
    beta_2: float

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.9999,
        epsilon: float = 1e-6,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta_1=beta_1, beta_2=beta_2)
        self.epsilon = arguments.positive(epsilon, "epsilon")

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        m, v = slots
        t, square = self.iterations, np.multiply(gradient, gradient, out=work[1])
        if t == 0:
            np.copyto(v, square)
            return
        root = np.maximum(np.sqrt(v, out=work[0]), self.epsilon, out=work[0])
        scaled = np.divide(gradient, root, out=work[0])
        limit = self.number(float(t) ** 0.25, x.dtype)
        ema(m, np.minimum(np.maximum(scaled, -limit, out=work[0]), limit, out=work[0]), 1 - self.beta_1, work[0])
        x -= np.multiply(m, self.rate, out=work[0])
        ema(v, square, 1 - self.beta_2, work[1])
