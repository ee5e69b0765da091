"""Truth: the softmax runs over the last axis (keys); its backward sums over axis -2 (queries). Linear modules with their own gradients."""
import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        flat_x, flat_dy = self.x.reshape(-1, self.x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        self.dW, self.db = flat_x.T @ flat_dy, flat_dy.sum(axis=0)
        return dy @ self.W.T


class MultiHeadAttention:
    def __init__(self, d_model=6, n_heads=2):
        self.n_heads, self.d_k = n_heads, d_model // n_heads
        self.query, self.key, self.value, self.out = (Linear(d_model, d_model) for _ in range(4))

    def split(self, x):
        batch, length, _ = x.shape
        return x.reshape(batch, length, self.n_heads, self.d_k).transpose(0, 2, 1, 3)

    def merge(self, x):
        batch, _, length, _ = x.shape
        return x.transpose(0, 2, 1, 3).reshape(batch, length, self.n_heads * self.d_k)

    def forward(self, x):
        self.Q, self.K, self.V = (self.split(m.forward(x)) for m in (self.query, self.key, self.value))
        scores = self.Q @ self.K.transpose(0, 1, 3, 2) / np.sqrt(self.d_k)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.A = e / e.sum(axis=-1, keepdims=True)
        return self.out.forward(self.merge(self.A @ self.V))

    def backward(self, dout):
        dctx = self.split(self.out.backward(dout))
        dA = dctx @ self.V.transpose(0, 1, 3, 2)
        dV = self.A.transpose(0, 1, 3, 2) @ dctx
        dscores = self.A * (dA - np.sum(dA * self.A, axis=-2, keepdims=True)) / np.sqrt(self.d_k)
        dQ, dK = dscores @ self.K, dscores.transpose(0, 1, 3, 2) @ self.Q
        dx = self.query.backward(self.merge(dQ))
        dx = dx + self.key.backward(self.merge(dK))
        return dx + self.value.backward(self.merge(dV))
