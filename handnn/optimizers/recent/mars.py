"""MARS: variance reduction by the previous gradient."""

from typing import Any, ClassVar

import numpy as np

from ...core.variable import Array
from .. import arguments
from ..base import ema
from ..options import Rate
from .base import RecentOptimizer, register


@register
class MARS(RecentOptimizer):
    """AdamW on gradients that are corrected by their last change, and clipped.

    c = g + gamma b1 / (1 - b1) (g - g_before), c <- c / max(||c||, 1) with the Euclidean norm of this weight's c,
    m <- b1 m + (1 - b1) c, v <- b2 v + (1 - b2) c^2,
    x <- x - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon). In the first step, c = g.

    Yuan et al. (2024), arXiv 2411.10438, Algorithm 2 (MARS-AdamW) with the approximation of its section 3: g_before is
    the gradient of the batch before, not this batch's at the weights before. The decay comes before the step. The
    authors' code leaves vectors to AdamW; here every weight gets the same rule, as in the paper.
    """

    slots = ("momentum", "velocity", "gradient_before")
    hyperparameters = ("beta_1", "beta_2", "gamma", "epsilon")
    buffers = 2
    elementwise = False
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"beta_1": 0.8, "beta_2": 0.9, "gamma": 0.5, "epsilon": 1e-3},)
    beta_1: float
    beta_2: float

    def __init__(
        self,
        learning_rate: Rate = 0.003,
        beta_1: float = 0.95,
        beta_2: float = 0.99,
        gamma: float = 0.025,
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta_1=beta_1, beta_2=beta_2)
        if self.beta_1 == 1:
            raise ValueError("beta_1 must be a number in [0, 1); received 1")
        self.gamma, self.epsilon = arguments.number(gamma, "gamma"), arguments.at_least_zero(epsilon, "epsilon")

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        m, v, before = slots
        if self.iterations == 0:
            np.copyto(before, gradient)
        c = np.subtract(gradient, before, out=work[0])
        c *= self.gamma * self.beta_1 / (1 - self.beta_1)
        c += gradient
        np.copyto(before, gradient)
        c /= np.maximum(np.sqrt(np.sum(np.multiply(c, c, out=work[1]))), 1.0)

        ema(m, c, 1 - self.beta_1, work[1])
        ema(v, np.multiply(c, c, out=work[1]), 1 - self.beta_2, work[1])
        rest_1, rest_2 = self.per_step(self.corrections, x.dtype)
        root = np.sqrt(np.divide(v, rest_2, out=work[1]), out=work[1])
        root += self.epsilon
        step = np.divide(m, rest_1, out=work[0])
        step /= root
        step *= self.rate
        x -= step

    def corrections(self, dtype: Any) -> tuple[Any, Any]:
        """Return 1 - b1^t and 1 - b2^t."""
        return self.rests(dtype, self.iterations + 1, self.beta_1, self.beta_2)
