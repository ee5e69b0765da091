"""Focal cross-entropies, which give well predicted samples little weight. Lin et al., arXiv:1708.02002.

The derivations are in docs/derivations/focal.md.
"""

from typing import Any, NamedTuple

import numpy as np

from ..activations import Activation
from ..activations import sigmoid as sigmoid_activation
from ..core.variable import Array
from .base import Loss, check_number, losses
from .crossentropy import (
    Crossentropy,
    clip,
    from_logits,
    from_probabilities,
    inside_clip,
    keras_from_probabilities,
    sigmoid,
    softmax,
)

LIKELY = 0.7
"""Above this, compute 1 - q from the other classes; below it the subtraction loses no digits."""


class _Parts(NamedTuple):
    """p, 1 - p, m and c of a binary focal cross-entropy."""

    p: Array
    rest: Array
    miss: Array
    c: Array


@losses.register()
class BinaryFocalCrossentropy(Crossentropy):
    """values = 1/K sum_k w_k m_k^gamma c_k: the binary cross-entropy c, weighted by the miss m.

    m = y (1 - p) + (1 - y) p is 1 - p for label 1 and p for label 0. With apply_class_balancing w = alpha y +
    (1 - alpha) (1 - y), else 1. From probabilities p = y_pred, which is clipped only inside c,

        derivatives = w/K (gamma m^(gamma - 1) (1 - 2y) c + m^gamma c'),
        c' = (1 - y)/(1 - p) - y/p inside the clip, else 0.

    From logits z, p = sigmoid(z) and c is the fused cross-entropy of z:

        derivatives = w/K (gamma m^(gamma - 1) (1 - 2y) c p (1 - p) + m^gamma (p - y)).

    After a sigmoid, Keras finds the logits and uses them for c; m(a) is the same. After a softmax it finds them too and
    mixes c of sigmoid(z) with m of p = softmax(z): `on_logits` stores that softmax as `squash`.
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
        return self._values(y, y_pred, self._parts(y, y_pred))

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, 2)
        return self._slopes(y, y_pred, self._parts(y, y_pred), out=out)

    def _values(self, y: Array, y_pred: Array, parts: _Parts) -> Array:
        return (self._weights(y) * np.power(parts.miss, self.gamma) * parts.c).sum(axis=self.over) / self.terms(y_pred)

    def _slopes(self, y: Array, y_pred: Array, parts: _Parts, out: Array | None = None) -> Array:
        p, rest, miss, c = parts
        factor = self._weights(y) * np.power(miss, self.gamma)
        by_p = self._weights(y) * (self.gamma * np.power(miss, self.gamma - 1)) * (1 - 2 * y) * c  # through m
        if not self.from_logits:
            held = clip(p)
            slopes = by_p + factor * (((1 - y) / (1 - held) - y / held) * inside_clip(p))
        elif self.squash is sigmoid_activation:
            slopes = by_p * p * rest + factor * ((1 - y) * p - y * rest)
        else:
            slopes = self.squash.backward(by_p, y_pred, p) + factor * (sigmoid(y_pred) - y)
        return np.divide(slopes, self.terms(y_pred), out=out)

    def _parts(self, y: Array, y_pred: Array) -> _Parts:
        """Return p, 1 - p, m, c. For a sigmoid, 1 - p = sigmoid(-z) keeps its digits if p is close to 1."""
        p, rest = y_pred, 1 - y_pred
        if self.from_logits and self.squash is sigmoid_activation:
            p, rest = sigmoid(y_pred), sigmoid(-y_pred)
        elif self.from_logits:
            p = self.squash.forward(y_pred)
            rest = 1 - p
        c = from_logits(y, y_pred) if self.from_logits else from_probabilities(y, clip(p))
        return _Parts(p, rest, y * rest + (1 - y) * p, c)

    def _weights(self, y: Array) -> Any:
        return y * self.alpha + (1 - y) * (1 - self.alpha) if self.apply_class_balancing else 1

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, 2)
        return self._values(y, y_pred, self._keras_parts(y, y_pred))

    def keras_derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, 2)
        return self._slopes(y, y_pred, self._keras_parts(y, y_pred))

    def _keras_parts(self, y: Array, y_pred: Array) -> _Parts:
        p = self.squash.forward(y_pred) if self.from_logits else y_pred
        c = from_logits(y, y_pred) if self.from_logits else keras_from_probabilities(y, clip(p))
        return _Parts(p, 1 - p, 1 - (y * p + (1 - y) * (1 - p)), c)

    def on_logits(self, activation: Any = None) -> Loss:
        if self.from_logits:  # then Keras applies the sigmoid to y_pred, whether or not there are logits behind it
            return self
        fused: Any = super().on_logits()
        fused.squash = activation or sigmoid_activation
        return fused

    def get_config(self) -> dict[str, Any]:
        own = {"apply_class_balancing": self.apply_class_balancing, "alpha": self.alpha, "gamma": self.gamma}
        return super().get_config() | own


@losses.register()
class CategoricalFocalCrossentropy(Crossentropy):
    """values = -sum_k alpha_k (1 - p_k)^gamma y_k log p_k, with the classes k along `axis`; alpha may be a list.

    p = clip(q), q = y_pred / sum_k y_pred_k from probabilities, q = softmax(z) from logits. With

        g_k = alpha_k y_k (gamma (1 - p_k)^(gamma - 1) log p_k - (1 - p_k)^gamma / p_k) inside the clip, 0 outside,

    derivatives_j = (g_j - sum_k g_k q_k) / sum_k y_pred_k from probabilities, q_j (g_j - sum_k g_k q_k) from logits.
    Near q_j = 1, g_j - g_j q_j is computed as g_j (1 - q_j), with 1 - q_j the sum of the other classes.
    Keras does not look for logits behind a softmax here. A list alpha runs along the last axis and is rounded to
    float32.
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

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        return self._values(y, *self._shares(y_pred)[:2])

    @np.errstate(invalid="ignore", divide="ignore")
    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        q, rest, total = self._shares(y_pred)
        g = self._by_share(y, q, rest)
        inner = g * rest - (np.sum(g * q, axis=self.over, keepdims=True) - g * q)  # g (1 - q), without the subtraction
        return np.multiply(q, inner, out=out) if self.from_logits else np.divide(inner, total, out=out)

    @np.errstate(invalid="ignore", divide="ignore")  # a row of zeros has no probabilities: NaN, as in Keras
    def _values(self, y: Array, q: Array, rest: Array) -> Array:
        p, miss = self._held(q, rest)
        log_p = np.where(p > LIKELY, np.log1p(-miss), np.log(p))
        return -(self._weights() * np.power(miss, self.gamma) * (y * log_p)).sum(axis=self.over)

    @np.errstate(invalid="ignore", divide="ignore")
    def _by_share(self, y: Array, q: Array, rest: Array) -> Array:
        """Return g."""
        p, miss = self._held(q, rest)
        log_p = np.where(p > LIKELY, np.log1p(-miss), np.log(p))
        by_p = self.gamma * np.power(miss, self.gamma - 1) * log_p - np.power(miss, self.gamma) / p
        return np.where(inside_clip(q), self._weights() * y * by_p, 0)

    def _held(self, q: Array, rest: Array) -> tuple[Array, Array]:
        """Return p = clip(q) and 1 - p."""
        p = clip(q)
        return p, np.where(inside_clip(q), rest, 1 - p)

    def _shares(self, y_pred: Array) -> tuple[Array, Array, Array]:
        """Return q, 1 - q and the divisor of q. For a likely class, 1 - q is computed as the sum of the others."""
        parts = softmax(y_pred, self.over) if self.from_logits else y_pred
        total = np.sum(parts, axis=self.over, keepdims=True)
        q = parts if self.from_logits else parts / total
        likely = q > LIKELY
        one = np.sum(np.where(likely, 1.0, 0.0), axis=self.over, keepdims=True) == 1
        others = np.sum(np.where(likely, 0, parts), axis=self.over, keepdims=True)
        return q, np.where(likely & one, others / total, 1 - q), total

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        y = self.smooth(y_true, y_pred.shape[-1])
        q = self._keras_shares(y_pred)[1]
        return -(self._weights() * np.power(1 - clip(q), self.gamma) * (y * np.log(clip(q)))).sum(axis=self.over)

    def keras_derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        """Return Keras' derivatives: from logits it divides the softmax by its sum again and differentiates both."""
        y = self.smooth(y_true, y_pred.shape[-1])
        given, q, total = self._keras_shares(y_pred)
        p = clip(q)
        by_p = self.gamma * np.power(1 - p, self.gamma - 1) * np.log(p) - np.power(1 - p, self.gamma) / p
        g = np.where(inside_clip(q), self._weights() * y * by_p, 0)
        upstream = (g - np.sum(g * q, axis=self.over, keepdims=True)) / total
        if not self.from_logits:
            return upstream
        return given * (upstream - np.sum(upstream * given, axis=self.over, keepdims=True))

    def _keras_shares(self, y_pred: Array) -> tuple[Array, Array, Array]:
        given = softmax(y_pred, self.over) if self.from_logits else y_pred
        total = np.sum(given, axis=self.over, keepdims=True)
        return given, given / total, total

    def _weights(self) -> Any:
        several = isinstance(self.alpha, list | tuple)
        return np.asarray(self.alpha, "float32").astype(self.dtype) if several else self.alpha

    def on_logits(self, activation: Any = None) -> Loss:
        return self

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha, "gamma": self.gamma}
