"""Overlap losses for segmentation: one value for all of y_pred, or one for each index that `axis` leaves.

The derivations are in docs/derivations/dice-tversky.md.
"""

from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import Array
from .base import BuiltInLoss, check_axis, check_number, losses


@losses.register()
class Dice(BuiltInLoss):
    """values = 1 - 2 I / D with I = sum y p and D = sum y + sum p + epsilon, sums over `axis` (None: everything).

    derivatives = 2 (I / D - y) / D. The value is computed as (sum (y (1 - p) + (1 - y) p) + epsilon) / D, which is
    equal and keeps its digits for nearly complete overlap. epsilon = 1e-7. p = y_pred, y = y_true.
    """

    targets = "binary"
    predictions = "probability"
    axis = None

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = check_axis(axis)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        missed = y_true * (1 - y_pred) + (1 - y_true) * y_pred
        whole = np.sum(y_true, axis=self.over) + np.sum(y_pred, axis=self.over)
        return (np.sum(missed, axis=self.over) + epsilon()) / (whole + epsilon())

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        common, whole = self._sums(y_true, y_pred, keepdims=False)
        return 1 - 2 * common / whole

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        common, whole = self._sums(y_true, y_pred, keepdims=True)
        slopes = np.subtract(common / whole, y_true, out=out)
        slopes *= 2 / whole
        return slopes

    def _sums(self, y_true: Array, y_pred: Array, keepdims: bool) -> tuple[Array, Array]:
        """Return I and D."""
        common = np.sum(y_true * y_pred, axis=self.over, keepdims=keepdims)
        whole = np.sum(y_true, axis=self.over, keepdims=keepdims) + np.sum(y_pred, axis=self.over, keepdims=keepdims)
        return common, whole + epsilon()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


@losses.register()
class Tversky(BuiltInLoss):
    """values = 1 - I / T with I = sum y p, T = I + alpha sum y (1 - p) + beta sum (1 - y) p + epsilon, over `axis`.

    derivatives = (I / T ((1 - alpha) y + beta (1 - y)) - y) / T. The value is computed as (T - I) / T with T - I summed
    directly. As in Keras' code, and unlike its documentation, alpha weighs false negatives and beta false positives.
    epsilon = 1e-7. Salehi et al., arXiv:1706.05721.
    """

    targets = "binary"
    predictions = "probability"
    axis = None

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.alpha, self.beta, self.axis = check_number(alpha, "alpha"), check_number(beta, "beta"), check_axis(axis)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        common, missed = self._sums(y_true, y_pred, keepdims=False)
        return missed / (common + missed)

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        common, missed = self._sums(y_true, y_pred, keepdims=False)
        return 1 - common / (common + missed)

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        common, missed = self._sums(y_true, y_pred, keepdims=True)
        whole = common + missed
        of_whole = (1 - self.alpha) * y_true + self.beta * (1 - y_true)
        return np.divide(common / whole * of_whole - y_true, whole, out=out)

    def _sums(self, y_true: Array, y_pred: Array, keepdims: bool) -> tuple[Array, Array]:
        """Return I and T - I."""
        common = np.sum(y_true * y_pred, axis=self.over, keepdims=keepdims)
        missed = np.sum(y_true * (1 - y_pred), axis=self.over, keepdims=keepdims)
        wrong = np.sum((1 - y_true) * y_pred, axis=self.over, keepdims=keepdims)
        return common, self.alpha * missed + self.beta * wrong + epsilon()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha, "beta": self.beta, "axis": self.axis}
