"""Sophia: steps scaled by an estimate of the Hessian's diagonal, and clipped."""

from typing import Any, ClassVar, Protocol

import numpy as np

from ...core.variable import Array
from .. import arguments
from ..base import ema
from ..options import Rate
from .base import RecentOptimizer, register


class Curvature(Protocol):
    """The second derivatives of the mean loss of a batch, at the present weights; `models/curvature.py` has them."""

    weights: list[Array]

    def product(self, v: list[Array]) -> list[Array]:
        """Return H v."""
        ...

    def gauss_newton(self, rng: np.random.Generator) -> list[Array]:
        """Return an estimate of the diagonal of the Gauss-Newton matrix, from targets that the network draws itself."""
        ...


class Sophia(RecentOptimizer):
    """What SophiaH and SophiaG share.

    m <- b1 m + (1 - b1) g; every `frequency` steps, from the first on, h <- b2 h + (1 - b2) h_hat with an estimate
    h_hat of the Hessian's diagonal; x <- x - lr clip(m / max(gamma h, epsilon), -1, 1).

    Liu, Li, Hall, Liang, Ma (2023), arXiv 2305.14342, Algorithm 3; its weight decay comes before the step, as here.
    As in the paper, neither average is corrected for starting at 0. Random numbers follow from `seed` and the step.

    Raises:
        ValueError: in a step that needs an estimate, if there is none: outside of `fit` and `train_on_batch` call
            `observe` before it.
    """

    slots = ("momentum", "hessian")
    hyperparameters = ("beta_1", "beta_2", "gamma", "epsilon", "frequency", "seed")
    buffers = 2
    elementwise = False
    second_order: ClassVar[bool] = True
    beta_1: float
    beta_2: float
    _estimate: list[Array] | None

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.96,
        beta_2: float = 0.99,
        gamma: float = 0.01,
        epsilon: float = 1e-12,
        frequency: int = 10,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta_1=beta_1, beta_2=beta_2)
        self.gamma, self.epsilon = arguments.positive(gamma, "gamma"), arguments.positive(epsilon, "epsilon")
        self.frequency, self.seed = arguments.count(frequency, "frequency", 1), arguments.count(seed, "seed", 0)
        if self.frequency is None or self.seed is None:
            raise ValueError("frequency and seed must be whole numbers; received None")

    def _reset(self) -> None:
        super()._reset()
        self._estimate = None

    @property
    def due(self) -> bool:
        """Whether the next step needs an estimate."""
        return self.iterations % (self.frequency or 1) == 0

    def observe(self, curvature: Curvature) -> None:
        """Take an estimate of the Hessian's diagonal for the next step, if that is due."""
        if self.due:
            self.take_estimate(self.estimate(curvature, np.random.default_rng([self.seed or 0, self.iterations])))

    def take_estimate(self, estimate: list[Array]) -> None:
        """Use this h_hat, one array for each weight in its shape, in the next step."""
        self._estimate = estimate

    def estimate(self, curvature: Curvature, rng: np.random.Generator) -> list[Array]:
        """Return h_hat."""
        raise NotImplementedError

    def begin_step(self) -> None:
        if not self.due:
            return
        if self._estimate is None:
            raise ValueError(
                f"{type(self).__name__} needs the Hessian of a network: train with fit or train_on_batch, or call "
                "observe(curvature) before the step"
            )
        for (_, h), estimate, work in zip(self.slot_arrays, self._estimate, self._work, strict=True):
            ema(h, estimate, 1 - self.beta_2, work[0])
        self._estimate = None

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        m, h = slots
        ema(m, gradient, 1 - self.beta_1, work[0])
        scale = np.maximum(np.multiply(h, self.gamma, out=work[1]), self.epsilon, out=work[1])
        step = np.divide(m, scale, out=work[0])
        np.minimum(np.maximum(step, -1.0, out=step), 1.0, out=step)
        step *= self.rate
        x -= step


@register
class SophiaH(Sophia):
    """Sophia with Hutchinson's estimate, h_hat = u * (H u) with u drawn from the standard normal distribution.

    m <- b1 m + (1 - b1) g; every `frequency` steps h <- b2 h + (1 - b2) h_hat;
    x <- x - lr clip(m / max(gamma h, epsilon), -1, 1).

    Liu et al. (2023), arXiv 2305.14342, Algorithms 1 and 3. H u is `handnn.hessian_vector_product` of the batch that
    the step trains on; the paper takes a part of it.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"beta_1": 0.8, "beta_2": 0.9, "gamma": 0.5, "epsilon": 1e-3, "frequency": 2},
    )

    def estimate(self, curvature: Curvature, rng: np.random.Generator) -> list[Array]:
        u = [rng.normal(size=own.shape).astype(own.dtype) for own in curvature.weights]
        return [own * product for own, product in zip(u, curvature.product(u), strict=True)]


@register
class SophiaG(Sophia):
    """Sophia with the Gauss-Newton-Bartlett estimate: n g * g, with g the gradient for targets drawn by the network.

    m <- b1 m + (1 - b1) g; every `frequency` steps h <- b2 h + (1 - b2) h_hat;
    x <- x - lr clip(m / max(gamma h, epsilon), -1, 1).

    Liu et al. (2023), arXiv 2305.14342, Algorithms 2 and 3, for softmax outputs. Departures: of sigmoid outputs each
    target is drawn by itself, of a squared error from a normal distribution around the output, so that the mean of
    h_hat is the diagonal of the Gauss-Newton matrix there too.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"beta_1": 0.8, "beta_2": 0.9, "gamma": 0.5, "epsilon": 1e-3, "frequency": 3},
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.96,
        beta_2: float = 0.99,
        gamma: float = 0.05,
        epsilon: float = 1e-12,
        frequency: int = 10,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, gamma, epsilon, frequency, seed, **options)

    def estimate(self, curvature: Curvature, rng: np.random.Generator) -> list[Array]:
        return curvature.gauss_newton(rng)
