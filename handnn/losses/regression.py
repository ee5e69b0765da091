"""Losses between real numbers."""

import numpy as np

from ..variable import Array
from .base import Loss, losses


@losses.register("mse", "MSE")
class MeanSquaredError(Loss):
    """values = 1/K sum_k (y_pred_k - y_true_k)^2, slopes = 2/K (y_pred - y_true)."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        difference = y_pred - y_true
        difference *= difference
        return difference.sum(axis=-1) / y_pred.shape[-1]

    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        difference = np.subtract(y_pred, y_true, out=out)
        difference *= 2 / y_pred.shape[-1]
        return difference


@losses.register("mae", "MAE")
class MeanAbsoluteError(Loss):
    """values = 1/K sum_k |y_pred_k - y_true_k|, slopes = 1/K sign(y_pred - y_true), 0 where they are equal."""

    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.abs(y_pred - y_true).sum(axis=-1) / y_pred.shape[-1]

    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        sign = np.sign(np.subtract(y_pred, y_true, out=out), out=out)
        sign /= y_pred.shape[-1]
        return sign
