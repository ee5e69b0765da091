"""Poisson and Kullback-Leibler: losses between rates and between distributions."""

import numpy as np

from ..config import epsilon
from ..core.variable import Array
from .base import BuiltInLoss, losses
from .regression import log_ratio


@losses.register()
class Poisson(BuiltInLoss):
    """values = 1/K sum_k (p_k - y_k log(p_k + epsilon)), the negative log-likelihood of counts y at rates p = y_pred.

    derivatives = 1/K (1 - y / (p + epsilon)), epsilon = 1e-7. The constant log y! is omitted: values may be negative.
    """

    targets = "positive"
    predictions = "positive"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return (y_pred - y_true * np.log(y_pred + epsilon())).sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        slope = np.subtract(1, y_true / (y_pred + epsilon()), out=out)
        slope /= y_pred.shape[-1]
        return slope

    def keras_derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        return (1 - y_true * (1 / (y_pred + epsilon()))) / y_pred.shape[-1]


@losses.register("kld", "KLD")
class KLDivergence(BuiltInLoss):
    """values = sum_k y_k log(y_k / p_k), with y and p being y_true and y_pred clipped to [epsilon, 1].

    derivatives = -y / p where epsilon <= y_pred <= 1, else 0; epsilon = 1e-7. The logarithm is computed by
    log1p(|y - p| / min(y, p)), which keeps the digits of y - p if the two are close.
    """

    targets = "one_hot"
    predictions = "probability"
    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y, p = _clip(y_true), _clip(y_pred)
        return (y * log_ratio(y - p, np.minimum(y, p))).sum(axis=-1)

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        y, p = _clip(y_true), _clip(y_pred)
        return (y * np.log(y / p)).sum(axis=-1)

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        return np.multiply(-_clip(y_true) / _clip(y_pred), _inside(y_pred), out=out)

    def keras_derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y, p = _clip(y_true), _clip(y_pred)
        return y * (1 / (y / p)) * (-(y / p) / p) * _inside(y_pred)


def _clip(p: Array) -> Array:
    return np.minimum(np.maximum(p, epsilon()), 1)


def _inside(p: Array) -> Array:
    return (p >= p.dtype.type(epsilon())) & (p <= 1)
