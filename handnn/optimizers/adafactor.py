"""Adafactor: stores the averages of squared gradients by row and by column only."""

from typing import Any

import numpy as np

from ..core.variable import Array, Variable
from . import arguments
from .base import Optimizer, register
from .options import Rate, common


@register
class Adafactor(Optimizer):
    """Adam without m, whose v of a matrix is stored as its row means r and column means c.

    beta = 1 - t^beta_2_decay, q = g^2 + epsilon_1,
    r <- beta r + (1 - beta) mean of q over the last axis, c <- the same over the last but one,
    v = (r / mean(r)) c, for vectors and scalars v <- beta v + (1 - beta) q,
    u = g / sqrt(v), x <- x - alpha u / max(1, rms(u) / clip_threshold),
    alpha = max(epsilon_2, rms(x)) min(lr, 1 / sqrt(t)), with rms the root of the mean square.

    Shazeer & Stern (2018), Algorithms 4 to 6; docs/derivations/adafactor.md derives v = r c / mean(r). The paper has
    rho_t = min(1e-2, 1 / sqrt(t)); Keras uses lr in place of 1e-2, with relative_step or without. Keras rounds
    epsilon_2 to float32 in any dtype. It also creates r and c for a vector, as unused integers 0.
    """

    slots = ("r", "c", "velocity")
    hyperparameters = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")
    buffers = 2
    elementwise = False
    examples = (
        {"beta_2_decay": -0.5, "epsilon_1": 1e-6, "epsilon_2": 0.3, "clip_threshold": 0.4},
        {"relative_step": False, "clip_threshold": 2.0, "epsilon_1": 1e-12},
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = arguments.number(beta_2_decay, "beta_2_decay")
        self.epsilon_1 = arguments.at_least_zero(epsilon_1, "epsilon_1")
        self.epsilon_2 = arguments.at_least_zero(epsilon_2, "epsilon_2")
        self.clip_threshold = arguments.number(clip_threshold, "clip_threshold")
        self.relative_step = relative_step

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        r, c = (x[..., 0], x[..., 0, :]) if x.ndim > 1 else (np.int32(0), np.int32(0))
        return {"r": np.zeros_like(r), "c": np.zeros_like(c), "velocity": np.zeros_like(x)}

    def slot_variable(self, slot: str, start: Array, path: str) -> Variable:
        if slot not in ("r", "c"):
            return super().slot_variable(slot, start, path)
        name = path.rpartition("/")[2]
        return Variable(
            start, name=name, path=name if start.dtype.kind == "i" else f"{self.name}/{name}", trainable=False
        )

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        # r = beta r + (1 - beta) mean(q, -1)      c = beta c + (1 - beta) mean(q, -2)      with q = g^2 + epsilon_1
        # u = g / sqrt((r / mean(r)) c), and sqrt(v) with v = beta v + (1 - beta) q for vectors
        # x = x - alpha u / max(1, rms(u) / clip_threshold)
        r, c, v = slots
        beta, rho = self.per_step(self.coefficients, x.dtype)
        alpha = np.maximum(self.rounded(self.epsilon_2, x.dtype), rms(x, work[0])) * rho
        square = np.multiply(gradient, gradient, out=work[0])
        square += self.epsilon_1
        if x.ndim > 1:
            for averages, axis in ((r, -1), (c, -2)):
                kept = np.multiply(averages, beta, out=averages)
                np.add(kept, (1 - beta) * mean(square, axis), out=averages)
            rows = r / mean(r, -1, keepdims=True)
            np.multiply(rows[..., np.newaxis], c[..., np.newaxis, :], out=v)
        else:
            v *= beta
            square *= 1 - beta
            v += square
        u = np.divide(gradient, np.sqrt(v, out=work[0]), out=work[0])
        u /= np.maximum(1.0, rms(u, work[1]) / self.clip_threshold)
        u *= alpha
        x -= u

    def coefficients(self, dtype: Any) -> tuple[Any, Any]:
        """Return beta = 1 - t^beta_2_decay and rho = min(lr, 1 / sqrt(t))."""
        t, lr = self.number(self.iterations + 1, dtype), self.number(self.rate, dtype)
        return 1 - np.power(t, self.beta_2_decay), np.minimum(lr, 1 / np.sqrt(t))


def mean(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the mean as a sum divided by the number of terms."""
    terms = x.size if axis is None else x.shape[axis]
    return np.sum(x, axis=axis, keepdims=keepdims) / terms


def rms(x: Any, work: Array) -> Any:
    """Return the root of the mean square."""
    return np.sqrt(mean(np.multiply(x, x, out=work)))
