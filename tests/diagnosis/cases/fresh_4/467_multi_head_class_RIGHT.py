"""Truth: RIGHT. 'The heads should be concatenated before the gradient of W_o' was suspected: they are. Heads by reshape and
transpose, a batch of sequences.
"""
import numpy as np


class MultiHeadAttention:
    def __init__(self, d_model=4, num_heads=2, seed=3):
        rng = np.random.default_rng(seed)
        self.h, self.d_k = num_heads, d_model // num_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (rng.normal(0, 0.5, (d_model, d_model)) for _ in range(4))

    def _split(self, x):
        n, t, _ = x.shape
        return x.reshape(n, t, self.h, self.d_k).transpose(0, 2, 1, 3)

    def _merge(self, x):
        n, h, t, d = x.shape
        return x.transpose(0, 2, 1, 3).reshape(n, t, h * d)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = self._split(x @ self.W_q), self._split(x @ self.W_k), self._split(x @ self.W_v)
        scores = self.q @ self.k.swapaxes(-1, -2) / np.sqrt(self.d_k)
        scores = scores - scores.max(axis=-1, keepdims=True)
        self.attn = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        self.context = self._merge(self.attn @ self.v)
        return self.context @ self.W_o

    def backward(self, grad):
        d_model = grad.shape[-1]
        self.grad_W_o = self.context.reshape(-1, d_model).T @ grad.reshape(-1, d_model)
        d_context = self._split(grad @ self.W_o.T)
        d_attn = d_context @ self.v.swapaxes(-1, -2)
        d_v = self.attn.swapaxes(-1, -2) @ d_context
        d_scores = self.attn * (d_attn - (d_attn * self.attn).sum(axis=-1, keepdims=True)) / np.sqrt(self.d_k)
        d_q, d_k = self._merge(d_scores @ self.k), self._merge(d_scores.swapaxes(-1, -2) @ self.q)
        d_v = self._merge(d_v)
        flat = self.x.reshape(-1, d_model)
        self.grad_W_q = flat.T @ d_q.reshape(-1, d_model)
        self.grad_W_k = flat.T @ d_k.reshape(-1, d_model)
        self.grad_W_v = flat.T @ d_v.reshape(-1, d_model)
        return d_q @ self.W_q.T + d_k @ self.W_k.T + d_v @ self.W_v.T
