"""Truth: dK = dS.T @ Q; dS @ Q stands there (the scores are square, so that the shapes fit). Batch first, three projections,
everything in one class.
"""
import numpy as np


class SelfAttention:
    def __init__(self, d_model=4, d_k=3):
        self.Wq = np.random.randn(d_model, d_k) * 0.5
        self.Wk = np.random.randn(d_model, d_k) * 0.5
        self.Wv = np.random.randn(d_model, d_k) * 0.5
        self.scale = np.sqrt(d_k)

    @staticmethod
    def softmax(s):
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def forward(self, x):
        self.x = x
        self.Q, self.K, self.V = x @ self.Wq, x @ self.Wk, x @ self.Wv
        scores = self.Q @ self.K.transpose(0, 2, 1) / self.scale
        self.A = self.softmax(scores)
        return self.A @ self.V

    def backward(self, dout):
        dV = self.A.transpose(0, 2, 1) @ dout
        dA = dout @ self.V.transpose(0, 2, 1)
        dS = self.A * (dA - np.sum(dA * self.A, axis=-1, keepdims=True)) / self.scale
        dQ = dS @ self.K
        dK = dS @ self.Q
        self.dWq = np.einsum("bti,btj->ij", self.x, dQ)
        self.dWk = np.einsum("bti,btj->ij", self.x, dK)
        self.dWv = np.einsum("bti,btj->ij", self.x, dV)
        return dQ @ self.Wq.T + dK @ self.Wk.T + dV @ self.Wv.T
