"""Truth: d_v must be contracted with the attention weights, attn.T @ d_out; it is with the raw scores. Queries from x, keys and
values from a memory.
"""
import numpy as np


def softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


class CrossAttention:
    def __init__(self, d=4):
        self.wq, self.wk, self.wv = (np.random.randn(d, d) * 0.5 for _ in range(3))

    def forward(self, x, memory):
        self.x, self.memory = x, memory
        self.q, self.k, self.v = x @ self.wq, memory @ self.wk, memory @ self.wv
        self.scores = self.q @ self.k.T / np.sqrt(self.q.shape[-1])
        self.attn = softmax(self.scores)
        return self.attn @ self.v

    def backward(self, d_out):
        d_attn = d_out @ self.v.T
        d_v = self.scores.T @ d_out
        d_scores = self.attn * (d_attn - (d_attn * self.attn).sum(axis=-1, keepdims=True))
        d_scores /= np.sqrt(self.q.shape[-1])
        d_q, d_k = d_scores @ self.k, d_scores.T @ self.q
        self.d_wq, self.d_wk, self.d_wv = self.x.T @ d_q, self.memory.T @ d_k, self.memory.T @ d_v
        return d_q @ self.wq.T, d_k @ self.wk.T + d_v @ self.wv.T
