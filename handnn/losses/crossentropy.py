"""Cross-entropies between distributions, from probabilities or, fused with softmax or sigmoid, from logits."""

import copy
from typing import Any

import numpy as np

from ..config import epsilon
from ..core.rows import largest, summed
from ..core.variable import Array
from .base import BuiltInLoss, Loss, check_axis, losses


class Crossentropy(BuiltInLoss):
    """Base class of the cross-entropies: logits or probabilities, label smoothing, clipping at epsilon = 1e-7."""

    predictions = "probability"
    analytic = False

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if not isinstance(label_smoothing, int | float) or not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must be a number in [0, 1]; received {label_smoothing!r}")
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, check_axis(axis)

    def smooth(self, y_true: Array, classes: int) -> Array:
        """Return y_true (1 - s) + s / classes."""
        if not self.label_smoothing:
            return y_true
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / classes

    def on_logits(self, activation: Any = None) -> Loss:
        fused = copy.copy(self)
        fused.from_logits = True
        return fused

    def get_config(self) -> dict[str, Any]:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": self.axis}
        return super().get_config() | own


def clip(p: Array) -> Array:
    """Return p clipped to [epsilon, 1 - epsilon], as Keras does before a logarithm."""
    return np.minimum(np.maximum(p, epsilon()), 1 - epsilon())


def inside_clip(p: Array) -> Array:
    """Return where the clip passes its argument, and so its gradient."""
    low, high = p.dtype.type(epsilon()), p.dtype.type(1 - epsilon())
    return (p >= low) & (p <= high)


def log_softmax(z: Array, axis: Any = -1) -> Array:
    """Return z_k - log sum_j exp(z_j) over the axis, after subtracting the largest z."""
    shifted = z - largest(z, axis)
    return shifted - np.log(summed(np.exp(shifted), axis))


def softmax(z: Array, axis: Any = -1, out: Array | None = None) -> Array:
    """Return exp(z_k) / sum_j exp(z_j) over the axis, after subtracting the largest z."""
    p = np.subtract(z, largest(z, axis), out=out)
    np.exp(p, out=p)
    p /= summed(p, axis)
    return p


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), in a form that never overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@losses.register()
class CategoricalCrossentropy(Crossentropy):
    """values = -sum_k y_k log p_k with one-hot (or soft) labels y and the classes k along `axis`.

    From probabilities, p = clip(q), q = y_pred / S with S = sum_k y_pred_k. With g_k = -y_k / p_k inside the clip and 0
    outside, derivatives_j = (g_j - sum_k g_k q_k) / S. From logits z, the fused form: p = softmax(z) and
    derivatives = p - y. This is the derivative if the labels of a row sum to 1; TensorFlow's kernel returns p - y for
    all labels, and so does this one. Label smoothing divides by the size of the last axis, whatever `axis` is.
    """

    targets = "one_hot"

    @np.errstate(invalid="ignore", divide="ignore")  # a row of zeros has no probabilities: NaN, as in Keras
    def values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        if self.from_logits:
            return -(y * log_softmax(y_pred, self.axis)).sum(axis=self.axis)
        p = clip(y_pred / np.sum(y_pred, axis=self.over, keepdims=True))
        return -(y * np.log(p)).sum(axis=self.over)

    @np.errstate(invalid="ignore", divide="ignore")
    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        if self.from_logits:
            delta = softmax(y_pred, self.axis, out=out)
            delta -= y
            return delta
        total = np.sum(y_pred, axis=self.over, keepdims=True)
        q = y_pred / total
        g = np.where(inside_clip(q), -y / clip(q), 0)
        common = np.sum(g * q, axis=self.over, keepdims=True)
        return np.divide(g - common, total, out=out)

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        if self.from_logits and not isinstance(self.axis, int):
            raise ValueError(f"axis must be one integer if y_pred holds logits; received {self.axis}")
        return super().prepare(y_true, y_pred)


@losses.register("bce", "BCE")
class BinaryCrossentropy(Crossentropy):
    """values = -1/K sum_k (y_k log p_k + (1 - y_k) log(1 - p_k)), for K independent binary outputs along `axis`.

    From probabilities p = clip(y_pred): derivatives = 1/K ((1 - y)/(1 - p) - y/p) inside the clip, 0 outside.
    From logits z, the fused form: max(z, 0) - z y + log(1 + exp(-|z|)) and derivatives = 1/K (sigmoid(z) - y).
    """

    targets = "binary"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, 2)
        each = from_logits(y, y_pred) if self.from_logits else from_probabilities(y, clip(y_pred))
        return each.sum(axis=self.over) / self.terms(y_pred)

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        if self.from_logits:
            return self.values(y_true, y_pred)
        each = keras_from_probabilities(self.smooth(y_true, 2), clip(y_pred))
        return each.sum(axis=self.over) / self.terms(y_pred)

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, 2)
        if self.from_logits:
            slopes = np.subtract(sigmoid(y_pred), y, out=out)
        else:
            p = clip(y_pred)
            slopes = np.multiply((1 - y) / (1 - p) - y / p, inside_clip(y_pred), out=out)
        slopes /= self.terms(y_pred)
        return slopes


def from_probabilities(y: Array, p: Array) -> Array:
    """Return the binary cross-entropy -y log p - (1 - y) log(1 - p) of each element; log1p keeps small p's digits."""
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


def keras_from_probabilities(y: Array, p: Array) -> Array:
    """Return the same value by Keras' formula."""
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def from_logits(y: Array, z: Array) -> Array:
    """Return the binary cross-entropy of p = sigmoid(z): max(z, 0) - z y + log(1 + exp(-|z|))."""
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
