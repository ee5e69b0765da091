"""Shampoo and SOAP: a preconditioner for the rows and one for the columns of a matrix."""

from typing import Any, ClassVar

import numpy as np

from ...core.variable import Array
from .. import arguments
from ..adam import adam_rule
from ..base import ema
from ..options import Rate
from .base import RecentOptimizer, register


def as_matrix(array: Any) -> Any:
    """Return a kernel as a matrix: all axes but the last are rows."""
    return array.reshape(-1, array.shape[-1])


@register
class Shampoo(RecentOptimizer):
    """Matrices are scaled from both sides by the inverse fourth roots of their gradients' second moments.

    L <- L + G G^T, R <- R + G^T G, X <- X - lr L^(-1/4) G R^(-1/4), with L = R = epsilon I before the first step.
    Vectors and scalars: h <- h + g^2, x <- x - lr g / sqrt(h), with h = epsilon before the first step.

    Gupta, Koren, Singer (2018), arXiv 1802.09568, Algorithm 1. An array of more axes is taken as a matrix of all but
    the last by the last one, where Algorithm 2 has a preconditioner for each axis; a vector has the diagonal one.
    Roots are taken in every step. Time grows as rows^3 + columns^3.
    """

    slots = ("left", "right")
    hyperparameters = ("epsilon",)
    elementwise = False
    by_hand = False
    examples = ({"epsilon": 0.1},)

    def __init__(self, learning_rate: Rate = 0.1, epsilon: float = 1e-4, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.epsilon = arguments.positive(epsilon, "epsilon")

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        if x.ndim < 2:
            return {"left": np.full_like(x, self.epsilon)}
        sides = zip(self.slots, as_matrix(x).shape, strict=True)
        return {name: self.epsilon * np.eye(size, dtype=x.dtype) for name, size in sides}

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        if len(slots) == 1:
            (h,) = slots
            h += np.multiply(gradient, gradient, out=work[0])
            step = np.divide(gradient, np.sqrt(h, out=work[0]), out=work[0])
        else:
            (left, right), G = slots, as_matrix(gradient)
            left += np.dot(G, G.T)
            right += np.dot(G.T, G)
            step = np.dot(np.dot(self.root(left), G), self.root(right)).reshape(x.shape)
        step *= self.rate
        x -= step

    def root(self, moment: Array) -> Array:
        """Return M^(-1/4) of a symmetric matrix, Q diag(w^(-1/4)) Q^T for M = Q diag(w) Q^T."""
        w, Q = np.linalg.eigh(moment)
        return np.dot(Q * np.maximum(w, np.asarray(self.epsilon / 2, w.dtype)) ** -0.25, Q.T)


@register
class SOAP(RecentOptimizer):
    """Adam in the eigenbasis of Shampoo's preconditioners.

    The first step only sets L = (1 - b2) G G^T, R = (1 - b2) G^T G and their eigenvectors P and Q. Then, t = 1, 2, ...
    M <- b1 M + (1 - b1) G, V <- b2 V + (1 - b2) (P^T G Q)^2, X <- X - alpha P ((P^T M Q) / (sqrt(V) + epsilon)) Q^T
    with alpha = lr sqrt(1 - b2^t) / (1 - b1^t), L <- b2 L + (1 - b2) G G^T, R <- b2 R + (1 - b2) G^T G, and every
    `frequency` steps P <- qr(L P), Q <- qr(R Q). Vectors and scalars take Adam's step.

    Vyas et al. (2024), arXiv 2409.11321, Algorithms 3 and 4. The first step is skipped, the bias corrected and the
    largest eigenvector first as in the authors' code, which also sorts them anew. Arrays of more axes are taken as in
    `Shampoo`; the decay comes before the step.
    """

    slots = ("momentum", "velocity", "left", "right", "left_basis", "right_basis")
    hyperparameters = ("beta_1", "beta_2", "epsilon", "frequency")
    buffers = 2
    elementwise = False
    by_hand = False
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "frequency": 2},)
    beta_1: float
    beta_2: float

    def __init__(
        self,
        learning_rate: Rate = 0.003,
        beta_1: float = 0.95,
        beta_2: float = 0.95,
        epsilon: float = 1e-8,
        frequency: int = 10,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.shares(beta_1=beta_1, beta_2=beta_2)
        self.epsilon = arguments.at_least_zero(epsilon, "epsilon")
        self.frequency = arguments.count(frequency, "frequency", 1) or 1

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        found = {name: np.zeros_like(x) for name in self.slots[:2]}
        if x.ndim > 1:
            rows, columns = as_matrix(x).shape
            found |= {name: np.zeros((rows, rows), x.dtype) for name in ("left", "left_basis")}
            found |= {name: np.zeros((columns, columns), x.dtype) for name in ("right", "right_basis")}
        return found

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        betas = (self.beta_1, self.beta_2)
        if len(slots) == 2:
            alpha = self.per_step(self.step_size_of_vectors, x.dtype)
            adam_rule(gradient, x, *slots, betas=betas, epsilon=self.epsilon, alpha=alpha, work=work)
            return
        m, v, left, right, P, Q = slots
        G, t = as_matrix(gradient), self.iterations
        if t > 0:
            ema(m, gradient, 1 - self.beta_1, work[0])
            turned = np.dot(np.dot(P.T, G), Q).reshape(x.shape)
            ema(v, turned * turned, 1 - self.beta_2, work[0])
            step = np.dot(np.dot(P.T, as_matrix(m)), Q).reshape(x.shape)
            step /= np.sqrt(v, out=work[0]) + self.epsilon
            step = np.dot(np.dot(P, as_matrix(step)), Q.T).reshape(x.shape)
            step *= self.per_step(self.step_size, x.dtype)
            x -= step
        for moment, product in ((left, np.dot(G, G.T)), (right, np.dot(G.T, G))):
            ema(moment, product, 1 - self.beta_2, product)
        if t == 0:
            P[...], Q[...] = (np.linalg.eigh(moment)[1][:, ::-1] for moment in (left, right))  # largest first
        elif t % self.frequency == 0:
            P[...], Q[...] = np.linalg.qr(np.dot(left, P))[0], np.linalg.qr(np.dot(right, Q))[0]

    def step_size(self, dtype: Any) -> Any:
        """Return alpha for matrices, whose first step is not counted."""
        return self._alpha(dtype, self.iterations)

    def step_size_of_vectors(self, dtype: Any) -> Any:
        return self._alpha(dtype, self.iterations + 1)

    def _alpha(self, dtype: Any, t: int) -> Any:
        rest_1, rest_2 = self.rests(dtype, t, self.beta_1, self.beta_2)
        return self.number(self.rate, dtype) * np.sqrt(rest_2) / rest_1
