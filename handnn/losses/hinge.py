"""Hinge losses, which are 0 if a prediction has its label's sign by a margin of 1."""

import numpy as np

from ..core.variable import Array
from .base import BuiltInLoss, losses


def signs(y_true: Array) -> Array:
    """Convert a batch of labels 0 and 1 to -1 and 1; leave any other batch unchanged."""
    return 2 * y_true - 1 if np.all((y_true == 0) | (y_true == 1)) else y_true


@losses.register()
class Hinge(BuiltInLoss):
    """values = 1/K sum_k max(m_k, 0) with m = 1 - y y_pred and labels y of -1 or 1.

    derivatives = -y / K where m >= 0, else 0; TensorFlow's derivative at the kink m = 0 is -y / K.
    """

    targets = "sign"
    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.maximum(1 - signs(y_true) * y_pred, 0).sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = signs(y_true)
        return np.multiply(y / -y_pred.shape[-1], 1 - y * y_pred >= 0, out=out)


@losses.register()
class SquaredHinge(BuiltInLoss):
    """values = 1/K sum_k max(m_k, 0)^2 with m = 1 - y y_pred, derivatives = -2/K y max(m, 0)."""

    targets = "sign"
    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(np.maximum(1 - signs(y_true) * y_pred, 0)).sum(axis=-1) / y_pred.shape[-1]

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = signs(y_true)
        slope = np.multiply(np.maximum(1 - y * y_pred, 0), y, out=out)
        slope *= -2 / y_pred.shape[-1]
        return slope


@losses.register()
class CategoricalHinge(BuiltInLoss):
    """values = max(neg - pos + 1, 0): pos = sum_k y_k p_k of the right class, neg = max_k (1 - y_k) p_k of the others.

    derivatives = (1 - y) t - y where neg - pos + 1 >= 0 (including the kink, as in TensorFlow), else 0. t is 1 at the
    largest (1 - y_k) p_k and 0 elsewhere; TensorFlow gives m equals 1/m each. The right class enters neg with
    (1 - 1) p = 0, so for one-hot labels neg is never negative.

    It is the multiclass SVM hinge: the loss of a support vector machine of several classes (Crammer & Singer, 2001)
    with the margin 1 and the largest wrong score, in place of the sum over all of them. docs/derivations/hinge.md
    """

    targets = "one_hot"
    analytic = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.maximum(self._margin(y_true, y_pred), 0)

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        others = (1 - y_true) * y_pred
        largest = np.heaviside(others - np.max(others, axis=-1, keepdims=True), 1)
        share = largest / np.sum(largest, axis=-1, keepdims=True)
        active = self._margin(y_true, y_pred) >= 0
        return np.multiply((1 - y_true) * share - y_true, active[..., np.newaxis], out=out)

    @staticmethod
    def _margin(y_true: Array, y_pred: Array) -> Array:
        return np.max((1 - y_true) * y_pred, axis=-1) - (y_true * y_pred).sum(axis=-1) + 1
