"""Similarity losses: cosine similarity of rows, and the circle loss between the rows of a batch.

The derivations are in docs/derivations/cosine-similarity.md and circle.md.
"""

from typing import Any

import numpy as np

from ..config import epsilon
from ..core.roots import keras_slope
from ..core.variable import Array, real_array
from .base import BuiltInLoss, check_axis, check_number, losses


@losses.register()
class CosineSimilarity(BuiltInLoss):
    """values = -sum_k t_k u_k, the negative cosine: t and u are y_true and y_pred scaled to length 1 along `axis`.

    u = r y_pred with r = 1 / max(|y_pred|, epsilon), epsilon = 1e-7, so a vector of zeros has value 0.
    derivatives = -r (t - (t . u) u); where |y_pred| < epsilon, r is constant and derivatives = -t / epsilon. Unlike
    Keras', this get_config includes axis.
    """

    def __init__(
        self,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = check_axis(axis)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        t, u = (x / np.maximum(self._length(x), epsilon()) for x in (y_true, y_pred))
        return -(t * u).sum(axis=self.over)

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        t = y_true / np.maximum(self._length(y_true), epsilon())
        length = self._length(y_pred)
        held = np.maximum(length, epsilon())
        u = y_pred / held
        along = np.where(length >= epsilon(), np.sum(t * u, axis=self.over, keepdims=True), 0)
        return np.divide(along * u - t, held, out=out)

    def keras_gradient(self, y_true: Array, y_pred: Array, scale: Array) -> Array:
        """r g + y_pred r^3 sum(g y_pred), g = -scale t: of long rows TensorFlow flushes r^2 to 0."""
        g = -scale * (y_true / np.maximum(self._length(y_true), epsilon()))
        length = self._length(y_pred)
        r = 1 / np.maximum(length, epsilon())
        along = np.where(length >= epsilon(), np.sum(g * y_pred, axis=self.over, keepdims=True), 0)
        return g * r + keras_slope(along, r) * (2.0 * y_pred)

    def _length(self, x: Array) -> Array:
        return np.sqrt(np.sum(x * x, axis=self.over, keepdims=True))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


@losses.register()
class Circle(BuiltInLoss):
    """values_i = softplus(log sum_{j like i} exp f(D_ij) + log sum_{j unlike i} exp g(D_ij)), a loss of pairs of rows.

    y_pred (rows, size) holds one embedding per row, preferably of length 1; rows with the same label are alike. With
    remove_diagonal, a row is not paired with itself. D = max(1 - y_pred y_pred^T, 0) is the distance, m the margin, and

        f = gamma max(m + D, 0) (D - m),    g = gamma max(1 + m - D, 0) (1 - m - D).

    A row without an alike or an unlike row has value 0, NaN if its distances are NaN, and does not count in a mean;
    Keras masks all zeros, including, for gamma > 250, those from underflow. With P and N the softmaxes of f and g over
    their rows, s_i the sigmoid of softplus' argument and weights w_i,

        H_ij = w_i s_i (P_ij f'(D_ij) + N_ij g'(D_ij)) where 1 - y_pred y_pred^T >= 0, derivatives = -(H + H^T) y_pred.

    Every row's value depends on all rows. Sun et al., arXiv:2002.10857.
    """

    targets = "labels"
    predictions = "unit"
    analytic, stacks = False, False
    masks = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.gamma, self.margin = check_number(gamma, "gamma"), check_number(margin, "margin")
        self.remove_diagonal = remove_diagonal

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self.between(y_true, y_pred, y_true, y_pred)

    def between(self, y_true: Array, y_pred: Array, ref_labels: Array, ref_embeddings: Array) -> Array:
        """Return the values of y_pred's rows, paired with the rows of ref_embeddings."""
        distance = np.maximum(1 - np.dot(y_pred, ref_embeddings.T), 0)
        return self._softplus(*self._sums(distance, *self._pairs(y_true, ref_labels))[:2])

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        return self.weighted_derivatives(y_true, y_pred, None, out=out)

    def weighted_derivatives(
        self, y_true: Array, y_pred: Array, weight: Array | None, out: Array | None = None
    ) -> Array:
        raw = 1 - np.dot(y_pred, y_pred.T)
        distance = np.maximum(raw, 0)
        total, both, likeness, unlikeness = self._sums(distance, *self._pairs(y_true, y_true))
        e = np.exp(-np.abs(total))
        s = np.where(both, np.where(total >= 0, 1 / (1 + e), e / (1 + e)), 0)
        if weight is not None:
            s = s * weight
        m = self.margin
        by_f = np.where(m + distance >= 0, 2 * distance, 0)
        by_g = np.where(1 + m - distance >= 0, 2 * distance - 2, 0)
        h = np.where(raw >= 0, s[:, np.newaxis] * self.gamma * (likeness * by_f + unlikeness * by_g), 0)
        return np.dot(-(h + h.T), y_pred, out=out)

    def _pairs(self, y_true: Array, ref_labels: Array) -> tuple[Array, Array]:
        """Return which pairs of rows are alike and which are not."""
        alike: Array = y_true[:, np.newaxis] == ref_labels
        return alike & (1 - np.eye(*alike.shape)).astype(bool) if self.remove_diagonal else alike, ~alike

    def _sums(self, distance: Array, alike: Array, unlike: Array) -> tuple[Array, Array, Array, Array]:
        """Return the argument of softplus, a mask of the rows that have both parts, and the two softmaxes."""
        m = self.margin
        f = self.gamma * np.maximum(m + distance, 0) * (distance - m)
        g = self.gamma * np.maximum(1 + m - distance, 0) * (1 - m - distance)
        log_f, likeness = _log_sum_exp(f, alike)
        log_g, unlikeness = _log_sum_exp(g, unlike)
        both: Any = alike.any(axis=1) & unlike.any(axis=1)
        return log_f + log_g, both, likeness, unlikeness

    @staticmethod
    def _softplus(total: Array, both: Array) -> Array:
        return np.where(both | np.isnan(total), np.maximum(total, 0) + np.log1p(np.exp(-np.abs(total))), 0)

    def mask(self, y_true: Array) -> Array:
        alike, unlike = self._pairs(y_true, y_true)
        both: Any = alike.any(axis=1) & unlike.any(axis=1)
        return both

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        labels = real_array(y_true, "y_true")
        if y_pred.ndim != 2 or not y_pred.size:
            raise ValueError(
                f"Circle needs y_pred of shape (rows, size), one embedding per row; received {y_pred.shape}"
            )
        if labels.shape not in ((len(y_pred),), (len(y_pred), 1)):
            raise ValueError(f"Circle needs one integer label per row, shape ({len(y_pred)},); received {labels.shape}")
        return labels.reshape(-1).astype("int64", copy=False), y_pred

    def get_config(self) -> dict[str, Any]:
        own = {"gamma": self.gamma, "margin": self.margin, "remove_diagonal": self.remove_diagonal}
        return super().get_config() | own


def _log_sum_exp(x: Array, chosen: Array) -> tuple[Array, Array]:
    """Return each row's log sum exp over the chosen elements, and their softmax; 0 for a row without any."""
    some = chosen.any(axis=1, keepdims=True)
    top = np.where(some, np.max(np.where(chosen, x, -np.inf), axis=1, keepdims=True), 0)
    e = np.where(chosen, np.exp(np.minimum(x - top, 0)), 0)
    total = np.where(some, np.sum(e, axis=1, keepdims=True), 1)
    return (np.log(total) + top)[:, 0], e / total
