"""Regression losses. K is the number of outputs; y_true and y_pred have shape (..., K)."""

import math
from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import Array
from .base import BuiltInLoss, check_number, losses


@losses.register("mse", "MSE")
class MeanSquaredError(BuiltInLoss):
    """values = 1/K sum_k (y_pred_k - y_true_k)^2, derivatives = 2/K (y_pred - y_true)."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        difference = y_pred - y_true
        difference *= difference
        return difference.sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        difference = np.subtract(y_pred, y_true, out=out)
        difference *= 2 / y_pred.shape[-1]
        return difference


@losses.register("mae", "MAE")
class MeanAbsoluteError(BuiltInLoss):
    """values = 1/K sum_k |y_pred_k - y_true_k|, derivatives = 1/K sign(y_pred - y_true), 0 where they are equal."""

    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.abs(y_pred - y_true).sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        sign = np.sign(np.subtract(y_pred, y_true, out=out), out=out)
        sign /= y_pred.shape[-1]
        return sign


@losses.register("mape", "MAPE")
class MeanAbsolutePercentageError(BuiltInLoss):
    """values = 100/K sum_k |y_pred_k - y_true_k| / s_k with s = max(|y_true|, epsilon), epsilon = 1e-7.

    derivatives = 100/K sign(y_pred - y_true) / s, 0 where they are equal.
    """

    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        share = (y_pred - y_true) / np.maximum(np.abs(y_true), epsilon())
        return 100 * (np.abs(share).sum(axis=-1) / y_pred.shape[-1])

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        sign = np.sign(np.subtract(y_pred, y_true, out=out), out=out)
        sign *= 100 / y_pred.shape[-1]
        sign /= np.maximum(np.abs(y_true), epsilon())
        return sign


def log_ratio(difference: Array, smaller: Array) -> Array:
    """Return log(a / b) of positive numbers from a - b and the smaller of a and b: +-log1p(|a - b| / min(a, b)).

    If a and b are close, log(a / b) and log a - log b lose digits that a - b still has.
    """
    return np.sign(difference) * np.log1p(np.abs(difference) / smaller)


@losses.register("msle", "MSLE")
class MeanSquaredLogarithmicError(BuiltInLoss):
    """values = 1/K sum_k d_k^2, d = log((1 + p) / (1 + y)), p = max(y_pred, epsilon), y = max(y_true, epsilon).

    derivatives = 2/K d / (1 + p) where y_pred >= epsilon, else 0. epsilon = 1e-7 is rounded to float32 in every dtype,
    as in Keras. Keras computes log(p + 1) - log(y + 1), which loses the digits of small numbers and differences.
    """

    targets = "positive"
    predictions = "positive"
    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        d = self._log_ratio(y_true, y_pred)
        return np.square(d).sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        d = self._log_ratio(y_true, y_pred)
        return np.multiply(d * (2 / y_pred.shape[-1]) / (1 + y_pred), y_pred >= self._least(), out=out)

    def _log_ratio(self, y_true: Array, y_pred: Array) -> Array:
        p, y = np.maximum(y_pred, self._least()), np.maximum(y_true, self._least())
        return log_ratio(p - y, 1 + np.minimum(p, y))

    @staticmethod
    def _least() -> float:
        return float(np.float32(epsilon()))

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(self._keras_log_ratio(y_true, y_pred)).sum(axis=-1) / y_pred.shape[-1]

    def keras_derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        d = self._keras_log_ratio(y_true, y_pred) * (2 / y_pred.shape[-1])
        return d * (1 / (np.maximum(y_pred, self._least()) + 1)) * (y_pred >= self._least())

    def _keras_log_ratio(self, y_true: Array, y_pred: Array) -> Array:
        p, y = np.maximum(y_pred, self._least()), np.maximum(y_true, self._least())
        return np.log(p + 1) - np.log(y + 1)


@losses.register()
class Huber(BuiltInLoss):
    """values = 1/K sum_k h(y_pred_k - y_true_k), quadratic up to delta and linear beyond.

    h(e) = e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2; derivatives = e / K or delta sign(e) / K, which are
    equal at |e| = delta. P. J. Huber, Ann. Math. Statist. 35 (1964). Unlike Keras', this get_config includes delta.
    """

    analytic = False

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = check_number(delta, "delta")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        e = np.abs(y_pred - y_true)
        inside = np.minimum(e, self.delta)  # keeps the unused branch from overflowing
        h = np.where(e <= self.delta, 0.5 * np.square(inside), self.delta * e - 0.5 * self.delta**2)
        return h.sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        e = y_pred - y_true
        slope = np.where(np.abs(e) <= self.delta, e, self.delta * np.sign(e))
        return np.divide(slope, y_pred.shape[-1], out=out)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"delta": self.delta}


@losses.register()
class LogCosh(BuiltInLoss):
    """values = 1/K sum_k log cosh e_k with e = y_pred - y_true, derivatives = tanh(e) / K.

    For |e| < 1, log cosh e = -log(1 - tanh^2 e) / 2 keeps all digits; beyond, |e| + log(1 + exp(-2|e|)) - log 2. Keras
    uses e + softplus(-2e) - log 2 everywhere, which loses small e to rounding; its log 2 is rounded to float32, even in
    float64, and is 1.9e-9 too large.
    """

    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        e = np.abs(y_pred - y_true)
        near = -0.5 * np.log1p(-np.square(np.tanh(np.minimum(e, 1))))
        far = e + np.log1p(np.exp(-2 * e)) - math.log(2)
        return np.where(e < 1, near, far).sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        slope = np.tanh(np.subtract(y_pred, y_true, out=out), out=out)
        slope /= y_pred.shape[-1]
        return slope

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        e = y_pred - y_true
        softplus = np.maximum(-2 * e, 0) + np.log1p(np.exp(-np.abs(2 * e)))
        return (e + softplus - math.log(2)).sum(axis=-1) / y_pred.shape[-1]

    def keras_bias(self) -> float:
        """Return how far Keras' values are off by its log 2."""
        return abs(float(np.float32(math.log(2))) - math.log(2)) if self.dtype == "float64" else 0.0

    @np.errstate(over="ignore")
    def keras_derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        return (1 - 2 / (np.exp(2 * (y_pred - y_true)) + 1)) / y_pred.shape[-1]
