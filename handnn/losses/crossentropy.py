"""Cross-entropies, each from probabilities and, fused with softmax or sigmoid, from logits."""

from typing import Any

import numpy as np

from ..activations import softmax
from ..config import epsilon
from ..variable import Array, real_array
from .base import Loss, losses


class Crossentropy(Loss):
    """What the cross-entropies share: logits or probabilities, label smoothing, the clip at epsilon = 1e-7."""

    predictions = "probability"
    analytic = False

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if not isinstance(label_smoothing, int | float) or not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must be a number in [0, 1]; received {label_smoothing!r}")
        if axis != -1:
            raise ValueError(f"axis must be -1, the last one; received {axis}")
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis

    def smooth(self, y_true: Array, classes: int) -> Array:
        """Return y_true (1 - s) + s / classes."""
        if not self.label_smoothing:
            return y_true
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / classes

    def get_config(self) -> dict[str, Any]:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": self.axis}
        return super().get_config() | own


def clip(p: Array) -> Array:
    """Return p held inside [epsilon, 1 - epsilon], as Keras does before a logarithm."""
    return np.minimum(np.maximum(p, epsilon()), 1 - epsilon())


def inside_clip(p: Array) -> Array:
    """Return where the clip passes its argument on, and so the gradient too."""
    low, high = p.dtype.type(epsilon()), p.dtype.type(1 - epsilon())
    return (p >= low) & (p <= high)


def log_softmax(z: Array) -> Array:
    """Return z_k - log sum_j exp(z_j) over the last axis, the row's maximum taken off first."""
    shifted = z - np.max(z, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


@losses.register()
class CategoricalCrossentropy(Crossentropy):
    """values = -sum_k y_k log p_k with one-hot (or soft) labels y.

    From probabilities, p = clip(q), q = y_pred / S with S = sum_k y_pred_k, so that with g_k = -y_k / p_k inside the
    clip and 0 outside, slopes_j = (g_j - sum_k g_k q_k) / S. From logits z, the fused form: p = softmax(z) and
    slopes = p - y. That is the derivative when the labels of a row sum to 1; TensorFlow's kernel returns p - y for
    any labels, and so does this.
    """

    targets = "one_hot"

    @np.errstate(invalid="ignore", divide="ignore")  # a row of zeros has no probabilities: NaN, as in Keras
    def values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        if self.from_logits:
            return -(y * log_softmax(y_pred)).sum(axis=-1)
        p = clip(y_pred / np.sum(y_pred, axis=-1, keepdims=True))
        return -(y * np.log(p)).sum(axis=-1)

    @np.errstate(invalid="ignore", divide="ignore")
    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        if self.from_logits:
            delta = softmax.forward(y_pred, out=out)
            delta -= y
            return delta
        total = np.sum(y_pred, axis=-1, keepdims=True)
        q = y_pred / total
        g = np.where(inside_clip(q), -y / clip(q), 0)
        common = np.sum(g * q, axis=-1, keepdims=True)
        return np.divide(g - common, total, out=out)


@losses.register()
class SparseCategoricalCrossentropy(Loss):
    """values = -log p_y with integer labels y.

    From logits p = softmax(z), slopes = p - onehot(y). From probabilities Keras takes z = log clip(y_pred) as the
    logits, so slopes = (p - onehot(y)) / clip(y_pred) inside the clip and 0 outside.
    """

    targets = "labels"
    predictions = "probability"
    analytic = False

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if ignore_class is not None:
            raise ValueError(f"ignore_class is not supported yet and must be None; received {ignore_class}")
        if axis != -1:
            raise ValueError(f"axis must be -1, the last one; received {axis}")
        self.from_logits, self.ignore_class = from_logits, ignore_class

    def values(self, y_true: Array, y_pred: Array) -> Array:
        z = y_pred if self.from_logits else np.log(clip(y_pred))
        return -np.take_along_axis(log_softmax(z), y_true[..., np.newaxis], axis=-1)[..., 0]

    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        z = y_pred if self.from_logits else np.log(clip(y_pred))
        delta = softmax.forward(z, out=out)
        delta -= np.arange(y_pred.shape[-1]) == y_true[..., np.newaxis]
        if not self.from_logits:
            delta *= inside_clip(y_pred) / clip(y_pred)
        return delta

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        labels = real_array(y_true, "y_true")
        if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
            labels = labels[..., 0]
        if labels.shape != y_pred.shape[:-1]:
            raise ValueError(
                f"{type(self).__name__} needs one integer label a row, shape {y_pred.shape[:-1]}; received shape "
                f"{labels.shape}" + (", one-hot? use categorical_crossentropy" * (labels.shape == y_pred.shape))
            )
        classes = y_pred.shape[-1]
        if labels.size and not (labels.min() >= 0 and labels.max() < classes and np.all(labels == np.floor(labels))):
            raise ValueError(
                f"labels must be integers from 0 to {classes - 1}; received {labels.min()} to {labels.max()}"
            )
        return labels.astype("int64", copy=False), y_pred

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"from_logits": self.from_logits, "ignore_class": self.ignore_class}


@losses.register("bce", "BCE")
class BinaryCrossentropy(Crossentropy):
    """values = -1/K sum_k (y_k log p_k + (1 - y_k) log(1 - p_k)), K independent yes-or-no outputs.

    From probabilities p = clip(y_pred): slopes = 1/K ((1 - y)/(1 - p) - y/p) inside the clip, 0 outside.
    From logits z, the fused form: max(z, 0) - z y + log(1 + exp(-|z|)) and slopes = 1/K (sigmoid(z) - y).
    """

    targets = "binary"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y, outputs = self.smooth(y_true, 2), y_pred.shape[-1]
        if self.from_logits:
            z = y_pred
            return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).sum(axis=-1) / outputs
        p = clip(y_pred)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=-1) / outputs

    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y, outputs = self.smooth(y_true, 2), y_pred.shape[-1]
        if self.from_logits:
            e = np.exp(-np.abs(y_pred))  # never overflows
            slopes = np.subtract(np.where(y_pred >= 0, 1 / (1 + e), e / (1 + e)), y, out=out)
        else:
            p = clip(y_pred)
            slopes = np.multiply((1 - y) / (1 - p) - y / p, inside_clip(y_pred), out=out)
        slopes /= outputs
        return slopes
