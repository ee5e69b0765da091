"""Truth: the scores are divided by sqrt(d_k) in the forward pass, their gradient is not: d_scores must be divided too
(or dQ and dK). Weights in a dict with their gradients in another, projections of the same x.
"""
import numpy as np


class SelfAttention:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, d_model=3, d_k=5):
        rng = np.random.RandomState(4)
        self.d_k = d_k
        self.params = {name: rng.randn(d_model, d_k) * 0.5 for name in ("W_q", "W_k", "W_v")}
        self.params["W_o"] = rng.randn(d_k, d_model) * 0.5
        self.grads = {}

    @staticmethod
    def softmax(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def forward(self, x):
        Q, K, V = (x @ self.params[name] for name in ("W_q", "W_k", "W_v"))
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(self.d_k)
        A = self.softmax(scores)
        Z = A @ V
        self.cache = x, Q, K, V, A, Z
        return Z @ self.params["W_o"]

    def backward(self, dout):
        x, Q, K, V, A, Z = self.cache
        self.grads["W_o"] = np.einsum("ntk,ntd->kd", Z, dout)
        dZ = dout @ self.params["W_o"].T
        dA = dZ @ V.swapaxes(-1, -2)
        dV = A.swapaxes(-1, -2) @ dZ
        d_scores = A * (dA - (dA * A).sum(axis=-1, keepdims=True))
        dQ = d_scores @ K
        dK = d_scores.swapaxes(-1, -2) @ Q
        dx = np.zeros_like(x)
        for name, d in (("W_q", dQ), ("W_k", dK), ("W_v", dV)):
            self.grads[name] = np.einsum("ntd,ntk->dk", x, d)
            dx += d @ self.params[name].T
        return dx
