"""Truth: dK is made of dS where dS transposed belongs (queries and keys have the same length, so the shapes agree).
Heads split from one projection and merged again; all other gradients are right.
"""
import numpy as np


class MultiHeadAttention:
    def __init__(self, d_model=4, num_heads=2, seed=0):
        rng = np.random.default_rng(seed)
        self.h, self.d_k = num_heads, d_model // num_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (rng.normal(size=(d_model, d_model)) for _ in range(4))

    def _split(self, x):
        n, t, _ = x.shape
        return x.reshape(n, t, self.h, self.d_k).transpose(0, 2, 1, 3)

    def _merge(self, x):
        n, _, t, _ = x.shape
        return x.transpose(0, 2, 1, 3).reshape(n, t, self.h * self.d_k)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = self._split(x @ self.W_q), self._split(x @ self.W_k), self._split(x @ self.W_v)
        s = self.q @ self.k.transpose(0, 1, 3, 2) / np.sqrt(self.d_k)
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        self.attn = e / e.sum(axis=-1, keepdims=True)
        self.context = self._merge(self.attn @ self.v)
        return self.context @ self.W_o

    def backward(self, grad_output):
        t2 = (0, 1, 3, 2)
        self.dW_o = np.tensordot(self.context, grad_output, axes=([0, 1], [0, 1]))
        dcontext = self._split(grad_output @ self.W_o.T)
        dattn = dcontext @ self.v.transpose(t2)
        dv = self.attn.transpose(t2) @ dcontext
        dS = self.attn * (dattn - np.sum(dattn * self.attn, axis=-1, keepdims=True)) / np.sqrt(self.d_k)
        dq = dS @ self.k
        dk = dS @ self.q
        dq, dk, dv = self._merge(dq), self._merge(dk), self._merge(dv)
        self.dW_q = np.tensordot(self.x, dq, axes=([0, 1], [0, 1]))
        self.dW_k = np.tensordot(self.x, dk, axes=([0, 1], [0, 1]))
        self.dW_v = np.tensordot(self.x, dv, axes=([0, 1], [0, 1]))
        return dq @ self.W_q.T + dk @ self.W_k.T + dv @ self.W_v.T
