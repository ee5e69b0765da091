"""Mistakes of attention: the scale, softmax, masks, dropout, heads, and what the products hand back."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import layers
from ...layers.attention import additive, base, heads
from ..keras.attention import Case, batch, network
from .base import DTYPE, Batch, Plant

MHA, SEQUENCE = layers.MultiHeadAttention, ((5, 4),)
TWO = {"num_heads": 2, "key_dim": 3}
QK = ("dquery_kernel", "dquery_bias", "dkey_kernel", "dx[0]", "dx[1]")
QKB = (*QK, "dkey_bias")
"""What ds enters; dL/d bias of the keys stays 0 as long as the ds of each row add up to 0."""
ALL = (*QK, "dvalue_kernel", "doutput_kernel")


def of(
    cls: Any,
    shapes: tuple[tuple[int, ...], ...] = SEQUENCE,
    causal: bool = False,
    scores: bool = False,
    **options: Any,
) -> Callable[[], Batch]:
    """Return the network of an attention layer, named attention."""
    call = {"use_causal_mask": causal, "return_attention_scores": scores}
    given = {name: True for name, value in call.items() if value}
    case = Case(cls, (TWO if cls is MHA else {}) | options, shapes, {}, given)

    def make() -> Batch:
        rng, model = np.random.default_rng(0), network(case, DTYPE)
        model.set_weights([rng.normal(size=w.shape) for w in model.weights])
        return Batch(model, *batch(case, rng))

    return make


def twice_scaled(right: Any) -> Any:
    def backward(self: Any, t: Any) -> None:
        before, self.factor = self.factor, self.factor**2
        right(self, t)
        self.factor = before

    return backward


def scores_back(change: Callable[[Any, Any], Any]) -> Any:
    """Return a maker of `attend_back` whose ds is change(w, dw)."""

    def make(right: Any) -> Any:
        def attend_back(self: Any, t: Any, delta: Any, seen: Any = None) -> Any:
            _, dv = right(self, t, delta, seen)
            return change(t.cache["weights"], t.cache["delta_weights"]), dv

        return attend_back

    return make


def scores_forgotten(right: Any) -> Any:
    """What arrives at the weights themselves is dropped."""

    def arriving(self: Any, t: Any) -> Any:
        found = right(self, t)
        t.cache.pop("arriving")
        return found

    return arriving


def masked_train(right: Any) -> Any:
    """Scores of masked places receive dw."""

    def attend_back(self: Any, t: Any, delta: Any, seen: Any = None) -> Any:
        ds, dv = right(self, t, delta, seen)
        w = t.cache["weights"]
        return np.where(getattr(w, "value", w) == 0, t.cache["delta_weights"], ds), dv

    return attend_back


def weights_not_transposed(right: Any) -> Any:
    def attend_back(self: Any, t: Any, delta: Any, seen: Any = None) -> Any:
        ds, _ = right(self, t, delta, seen)
        return ds, np.matmul(t.cache["dropped"], delta)

    return attend_back


def dropout_forgotten(right: Any) -> Any:
    """dw without dropout's mask."""

    def attend_back(self: Any, t: Any, delta: Any, seen: Any = None) -> Any:
        mask, t.mask = t.mask, None
        found = right(self, t, delta, seen)
        t.mask = mask
        return found

    return attend_back


def softmax_of_queries(right: Any) -> Any:
    """Weights that add up to 1 over the queries."""

    def attend(self: Any, t: Any, scores: Any, value: Any, zeroed: Any = None) -> Any:
        right(self, t, np.swapaxes(scores, -1, -2), np.swapaxes(scores, -1, -2))
        weights = np.swapaxes(t.cache["weights"], -1, -2)
        t.cache |= {"scores": scores, "weights": weights, "dropped": weights, "value": value}
        return np.matmul(weights, value)

    return attend


def heads_mixed(right: Any) -> Any:
    """Heads read as if they were in front of the queries."""
    return lambda rows, shape, attended: rows.reshape(*(shape[:-1]), rows.shape[-1])


def scale_forgotten(right: Any) -> Any:
    def score_back(self: Any, t: Any, ds: Any, q: Any, k: Any) -> Any:
        scale, self.scale = self.scale, None
        dq, dk, _ = right(self, t, ds, q, k)
        self.scale = scale
        return dq, dk, {"scale": np.sum(ds * t.cache["product"])}

    return score_back


def slope_forgotten(right: Any) -> Any:
    """du without tanh'."""

    def score_back(self: Any, t: Any, ds: Any, q: Any, k: Any) -> Any:
        du = ds[..., np.newaxis] * np.ones_like(t.cache["tanh"]) * self.scale.value
        return np.sum(du, axis=-2), np.sum(du, axis=-3), right(self, t, ds, q, k)[2]

    return score_back


def plant(name: str, network: Any, owner: Any, attribute: str, wrong: Any, at: str, *also: str) -> Plant:
    where = frozenset(f"attention {tensor}" for tensor in also)
    return Plant(name, "attention", network, owner, attribute, wrong, f"attention {at}", where)


AT, TRIPLE = base.Attending, ((5, 4), (6, 4), (6, 4))
PLANTS = [
    plant("1/sqrt(d) twice on the way back", of(MHA), MHA, "backward", twice_scaled, *QK),
    plant("softmax over the queries", of(MHA), AT, "attend", softmax_of_queries, "z", *ALL, "dkey_bias", "dvalue_bias"),
    plant("softmax's derivative over the queries", of(MHA), AT, "attend_back",
          scores_back(lambda w, dw: w * (dw - np.sum(w * dw, axis=-2, keepdims=True))), *QKB),
    plant("softmax's derivative without its sum", of(MHA), AT, "attend_back", scores_back(lambda w, dw: w * dw), *QKB),
    plant("scores that are returned send nothing back", of(MHA, scores=True), AT, "arriving", scores_forgotten, *QK),
    plant("mask ignored", of(MHA, causal=True), heads, "seen_keys", lambda right: lambda *_: None, "z", *ALL),
    plant("mask ignored on the way back", of(MHA, causal=True), AT, "attend_back", masked_train, *QKB),
    plant("causal mask turned round", of(MHA, causal=True), heads, "causal",
          lambda right: lambda queries, keys: np.triu(np.ones((1, queries, keys), bool)), "z", *ALL),
    plant("dropout's mask forgotten on the way back", of(MHA, dropout=0.4), AT, "attend_back", dropout_forgotten, *QK),
    plant("weights not transposed in dv", of(MHA), AT, "attend_back", weights_not_transposed, "dvalue_kernel",
          "dvalue_bias", "dx[1]"),
    plant("heads mixed up", of(MHA), heads, "from_rows", heads_mixed, "z", *ALL, "dkey_bias", "dvalue_bias"),
    plant("scale forgotten on the way back", of(layers.Attention, TRIPLE, use_scale=True), layers.Attention,
          "score_back", scale_forgotten, "dx[0]", "dx[2]"),
    plant("additive: tanh' forgotten", of(layers.AdditiveAttention, TRIPLE), additive.AdditiveAttention, "score_back",
          slope_forgotten, "dx[0]", "dx[2]"),
]  # fmt: skip
