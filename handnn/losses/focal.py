"""Focal cross-entropies: what is predicted well already weighs little. Lin et al., arXiv:1708.02002.

The derivations are in docs/derivations/focal.md.
"""

from typing import Any

import numpy as np

from ..activations import Activation
from ..activations import sigmoid as sigmoid_activation
from ..variable import Array
from .base import Loss, check_number, losses
from .crossentropy import Crossentropy, clip, from_logits, from_probabilities, inside_clip, sigmoid, softmax


@losses.register()
class BinaryFocalCrossentropy(Crossentropy):
    """values = 1/K sum_k w_k m_k^gamma c_k: the binary cross-entropy c, times how far p misses its label.

    m = y (1 - p) + (1 - y) p is 1 - p for label 1 and p for label 0. With apply_class_balancing w = alpha y +
    (1 - alpha) (1 - y), else 1. From probabilities p = y_pred is clipped inside c only, so

        slopes = w/K (gamma m^(gamma - 1) (1 - 2y) c + m^gamma c'),  c' = (1 - y)/(1 - p) - y/p inside the clip, else 0.

    From logits z, p = sigmoid(z) and c is the fused cross-entropy of z:

        slopes = w/K (gamma m^(gamma - 1) (1 - 2y) c p (1 - p) + m^gamma (p - y)).

    Behind a sigmoid Keras finds the logits for c, and m = m(a) is the same. It finds them behind a softmax too, and
    mixes c of sigmoid(z) with m of p = softmax(z): `on_logits` keeps that softmax as `squash`.
    """

    targets = "binary"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha, self.gamma = check_number(alpha, "alpha"), check_number(gamma, "gamma")
        self.squash: Activation = sigmoid_activation

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, 2)
        p, rest = self._probabilities(y_pred)
        return self._values(y, y_pred, p, miss=y * rest + (1 - y) * p)

    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, 2)
        p, rest = self._probabilities(y_pred)
        return self._slopes(y, y_pred, p, rest, miss=y * rest + (1 - y) * p, out=out)

    def _values(self, y: Array, y_pred: Array, p: Array, miss: Array) -> Array:
        c = from_logits(y, y_pred) if self.from_logits else from_probabilities(y, clip(p))
        return (self._weights(y) * np.power(miss, self.gamma) * c).sum(axis=self.over) / self.terms(y_pred)

    def _slopes(self, y: Array, y_pred: Array, p: Array, rest: Array, miss: Array, out: Array | None = None) -> Array:
        factor = self._weights(y) * np.power(miss, self.gamma)
        by_p = self._weights(y) * (self.gamma * np.power(miss, self.gamma - 1)) * (1 - 2 * y)  # of the factor, by p
        if not self.from_logits:
            c = clip(p)
            through_c = ((1 - y) / (1 - c) - y / c) * inside_clip(p)
            slopes = by_p * from_probabilities(y, c) + factor * through_c
        else:
            upstream = by_p * from_logits(y, y_pred)
            inner = upstream * p * rest if self._own_squash else self.squash.backward(upstream, y_pred, p)
            slopes = inner + factor * (sigmoid(y_pred) - y)
        return np.divide(slopes, self.terms(y_pred), out=out)

    def _probabilities(self, y_pred: Array) -> tuple[Array, Array]:
        """Return p and 1 - p; for a sigmoid that is sigmoid(-z), which keeps its digits where p is close to 1."""
        if not self.from_logits:
            return y_pred, 1 - y_pred
        if self._own_squash:
            return sigmoid(y_pred), sigmoid(-y_pred)
        p = self.squash.forward(y_pred)
        return p, 1 - p

    @property
    def _own_squash(self) -> bool:
        return self.squash is sigmoid_activation

    def _weights(self, y: Array) -> Any:
        return y * self.alpha + (1 - y) * (1 - self.alpha) if self.apply_class_balancing else 1

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, 2)
        p = self.squash.forward(y_pred) if self.from_logits else y_pred
        return self._values(y, y_pred, p, miss=1 - (y * p + (1 - y) * (1 - p)))

    def keras_slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, 2)
        p = self.squash.forward(y_pred) if self.from_logits else y_pred
        return self._slopes(y, y_pred, p, 1 - p, miss=1 - (y * p + (1 - y) * (1 - p)))

    def on_logits(self, activation: Any = None) -> Loss:
        if self.from_logits:  # Keras squashes y_pred itself then, kept logits or not
            return self
        fused: Any = super().on_logits()
        fused.squash = activation or sigmoid_activation
        return fused

    def get_config(self) -> dict[str, Any]:
        own = {"apply_class_balancing": self.apply_class_balancing, "alpha": self.alpha, "gamma": self.gamma}
        return super().get_config() | own


@losses.register()
class CategoricalFocalCrossentropy(Crossentropy):
    """values = -sum_k alpha_k (1 - p_k)^gamma y_k log p_k; the classes k stand along `axis`, alpha may be a list.

    p = clip(q), q = y_pred / sum_k y_pred_k from probabilities, q = softmax(z) from logits. With

        g_k = alpha_k y_k (gamma (1 - p_k)^(gamma - 1) log p_k - (1 - p_k)^gamma / p_k) inside the clip, 0 outside,

    slopes_j = (g_j - sum_k g_k q_k) / sum_k y_pred_k from probabilities and q_j (g_j - sum_k g_k q_k) from logits.
    Keras does not look for logits behind a softmax here. A list alpha stands along the last axis, rounded to float32.
    """

    targets = "one_hot"

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        for number in alpha if isinstance(alpha, list | tuple) else (alpha,):
            check_number(number, "alpha")
        self.alpha, self.gamma = alpha, check_number(gamma, "gamma")

    @np.errstate(invalid="ignore", divide="ignore")  # a row of zeros has no probabilities: NaN, as in Keras
    def values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        p = clip(self._shares(y_pred)[0])
        return (self._weights() * np.power(1 - p, self.gamma) * (-y * np.log(p))).sum(axis=self.over)

    @np.errstate(invalid="ignore", divide="ignore")
    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        q, total = self._shares(y_pred)
        p = clip(q)
        by_p = self.gamma * np.power(1 - p, self.gamma - 1) * np.log(p) - np.power(1 - p, self.gamma) / p
        g = np.where(inside_clip(q), self._weights() * y * by_p, 0)
        inner = g - np.sum(g * q, axis=self.over, keepdims=True)
        return np.multiply(q, inner, out=out) if self.from_logits else np.divide(inner, total, out=out)

    def keras_slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        """From logits Keras divides by the sum of the softmax once more, and goes back through both."""
        if not self.from_logits:
            return self.slopes(y_true, y_pred)
        p = softmax(y_pred, self.over)
        upstream = self._from_probabilities().slopes(y_true, p)
        return p * (upstream - np.sum(upstream * p, axis=self.over, keepdims=True))

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        if not self.from_logits:
            return self.values(y_true, y_pred)
        return self._from_probabilities().values(y_true, softmax(y_pred, self.over))

    def _from_probabilities(self) -> "CategoricalFocalCrossentropy":
        twin: Any = self.in_dtype(self.dtype)
        twin.from_logits = False
        return twin

    def _shares(self, y_pred: Array) -> tuple[Array, Any]:
        """Return q and what y_pred was divided by."""
        if self.from_logits:
            return softmax(y_pred, self.over), 1
        total = np.sum(y_pred, axis=self.over, keepdims=True)
        return y_pred / total, total

    def _weights(self) -> Any:
        several = isinstance(self.alpha, list | tuple)
        return np.asarray(self.alpha, "float32").astype(self.dtype) if several else self.alpha

    def on_logits(self, activation: Any = None) -> Loss:
        return self

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha, "gamma": self.gamma}
