"""Cross-entropies with integer labels: one class index per row in place of a one-hot row."""

import copy
from typing import Any

import numpy as np

from ..core.variable import Array, real_array
from .base import BuiltInLoss, Loss, check_number, losses
from .crossentropy import clip, inside_clip, log_softmax, softmax


class Labelled(BuiltInLoss):
    """Base class of losses with integer labels: y_true (...,) holds class indices, y_pred has shape (..., classes)."""

    targets = "labels"
    predictions = "probability"
    analytic = False
    ignore_class: int | None = None

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        labels = real_array(y_true, "y_true")
        if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
            labels = labels[..., 0]
        if labels.shape != y_pred.shape[:-1]:
            raise ValueError(
                f"{type(self).__name__} needs one integer label per row, shape {y_pred.shape[:-1]}; received shape "
                f"{labels.shape}" + (", one-hot? use categorical_crossentropy" * (labels.shape == y_pred.shape))
            )
        if self.axis not in (-1, y_pred.ndim - 1):
            raise ValueError(f"axis must be the last one, -1; received {self.axis}")
        classes = y_pred.shape[-1]
        used = labels if self.ignore_class is None else labels[labels != self.ignore_class]
        if used.size and not (used.min() >= 0 and used.max() < classes and np.all(used == np.floor(used))):
            raise ValueError(f"labels must be integers from 0 to {classes - 1}; received {used.min()} to {used.max()}")
        return labels.astype("int64", copy=False), y_pred


@losses.register()
class SparseCategoricalCrossentropy(Labelled):
    """values = -log p_y with integer labels y.

    From logits p = softmax(z), derivatives = p - onehot(y). From probabilities Keras uses z = log clip(y_pred) as the
    logits, so derivatives = (p - onehot(y)) / clip(y_pred) inside the clip and 0 outside. Rows labelled `ignore_class`
    have value and derivatives 0 and do not count in a mean; with it, Keras does not find the logits behind a softmax.
    """

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
        if ignore_class is not None and (isinstance(ignore_class, bool) or not isinstance(ignore_class, int)):
            raise ValueError(f"ignore_class must be an integer or None; received {ignore_class!r}")
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise ValueError(f"axis must be an integer; received {axis!r}")
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis
        self.masks = ignore_class is not None

    def values(self, y_true: Array, y_pred: Array) -> Array:
        z = y_pred if self.from_logits else np.log(clip(y_pred))
        if not self.masks:
            return -np.take_along_axis(log_softmax(z), y_true[..., np.newaxis], axis=-1)[..., 0]
        kept = y_true != self.ignore_class
        labels = np.where(kept, y_true, 0)
        return np.where(kept, -np.take_along_axis(log_softmax(z), labels[..., np.newaxis], axis=-1)[..., 0], 0)

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        z = y_pred if self.from_logits else np.log(clip(y_pred))
        delta = softmax(z, out=out)
        delta -= np.arange(y_pred.shape[-1]) == y_true[..., np.newaxis]
        if not self.from_logits:
            delta *= inside_clip(y_pred) / clip(y_pred)
        if self.masks:
            delta *= (y_true != self.ignore_class)[..., np.newaxis]
        return delta

    def mask(self, y_true: Array) -> Array:
        return y_true != self.ignore_class

    def on_logits(self, activation: Any = None) -> Loss:
        if self.masks:
            return self
        fused = copy.copy(self)
        fused.from_logits = True
        return fused

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"from_logits": self.from_logits, "ignore_class": self.ignore_class}


@losses.register()
class CategoricalGeneralizedCrossEntropy(Labelled):
    """values = (1 - p^q) / q with p = y_pred at the integer label: cross-entropy for q -> 0, 1 - p for q -> 1.

    derivatives = -p^(q - 1) at the label, 0 elsewhere. Computed by 1 - e^x = -tanh(x/2) (e^x + 1) with x = q log p, the
    value keeps its digits near p = 1, where Keras subtracts two numbers close to 1. At p = 0 the derivatives are minus
    infinity at the label and NaN (infinity times 0) elsewhere, as in Keras. Zhang and Sabuncu, arXiv:1805.07836.
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        if not 0 < check_number(q, "q") < 1:
            raise ValueError(f"q must be inside the interval (0, 1); received {q!r}")
        self.q = q

    @np.errstate(invalid="ignore", divide="ignore")
    def values(self, y_true: Array, y_pred: Array) -> Array:
        p = self._of_label(y_true, y_pred)
        x = self.q * np.log(p)
        return np.where(p == 0, 1 / self.q, -np.tanh(x / 2) * (np.exp(x) + 1) / self.q)

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        return (1 - np.power(self._of_label(y_true, y_pred), self.q)) / self.q

    @np.errstate(invalid="ignore", divide="ignore")
    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        slope = -np.power(self._of_label(y_true, y_pred), self.q - 1)
        one_hot = np.arange(y_pred.shape[-1]) == y_true[..., np.newaxis]
        return np.multiply(slope[..., np.newaxis], one_hot, out=out)

    @staticmethod
    def _of_label(y_true: Array, y_pred: Array) -> Array:
        return np.take_along_axis(y_pred, y_true[..., np.newaxis], axis=-1)[..., 0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"q": self.q}
