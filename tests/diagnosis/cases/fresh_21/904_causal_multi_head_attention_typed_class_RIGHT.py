"""Truth: right. Causal self-attention with several heads as a typed class, a dict of gradients and a cache tuple."""
from typing import Dict

import numpy as np


class MultiHeadAttention:
    def __init__(self, d_model: int, num_heads: int, seed: int = 0) -> None:
        assert d_model % num_heads == 0
        rng = np.random.default_rng(seed)
        self.num_heads = num_heads
        self.d_k = d_model // num_heads
        self.params: Dict[str, np.ndarray] = {
            name: rng.normal(0.0, 0.3, (d_model, d_model)) for name in ("W_q", "W_k", "W_v", "W_o")
        }
        self.grads: Dict[str, np.ndarray] = {}

    def _split(self, t: np.ndarray) -> np.ndarray:
        B, T, _ = t.shape
        return t.reshape(B, T, self.num_heads, self.d_k).transpose(0, 2, 1, 3)

    def _merge(self, t: np.ndarray) -> np.ndarray:
        B, _, T, _ = t.shape
        return t.transpose(0, 2, 1, 3).reshape(B, T, -1)

    def forward(self, x: np.ndarray) -> np.ndarray:
        Q = self._split(x @ self.params["W_q"])
        K = self._split(x @ self.params["W_k"])
        V = self._split(x @ self.params["W_v"])
        T = x.shape[1]
        scores = Q @ K.transpose(0, 1, 3, 2) / np.sqrt(self.d_k)
        future = np.triu(np.ones((T, T), dtype=bool), k=1)
        scores = np.where(future, -1e9, scores)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = weights / weights.sum(axis=-1, keepdims=True)
        context = self._merge(weights @ V)
        self.cache = (x, Q, K, V, weights, context)
        return context @ self.params["W_o"]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        x, Q, K, V, weights, context = self.cache
        self.grads["W_o"] = np.einsum("bti,btj->ij", context, dout)
        dcontext = self._split(dout @ self.params["W_o"].T)
        dweights = dcontext @ V.transpose(0, 1, 3, 2)
        dV = weights.transpose(0, 1, 3, 2) @ dcontext
        dscores = weights * (dweights - np.sum(dweights * weights, axis=-1, keepdims=True))
        dscores = dscores / np.sqrt(self.d_k)
        dQ = self._merge(dscores @ K)
        dK = self._merge(dscores.transpose(0, 1, 3, 2) @ Q)
        dV = self._merge(dV)
        self.grads["W_q"] = np.einsum("bti,btj->ij", x, dQ)
        self.grads["W_k"] = np.einsum("bti,btj->ij", x, dK)
        self.grads["W_v"] = np.einsum("bti,btj->ij", x, dV)
        return dQ @ self.params["W_q"].T + dK @ self.params["W_k"].T + dV @ self.params["W_v"].T


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 5, 8))
    target = np.roll(x, 1, axis=1)
    layer = MultiHeadAttention(8, 2)
    for step in range(60):
        out = layer.forward(x)
        diff = out - target
        layer.backward(2 * diff / diff.size)
        for name in layer.params:
            layer.params[name] -= 1.0 * layer.grads[name]
        if step % 20 == 0:
            print(step, float(np.mean(diff ** 2)))
