"""Truth: RIGHT. Attention pooling of a sequence: scores v . tanh(h W + b), softmax over time, the weighted sum of the states."""
import numpy as np


class AttentionPooling:
    def __init__(self, dim=4, units=5):
        self.W = np.random.randn(dim, units) / np.sqrt(dim)
        self.b = np.zeros(units)
        self.v = np.random.randn(units) / np.sqrt(units)

    def forward(self, h):
        self.h = h
        self.u = np.tanh(h @ self.W + self.b)
        scores = self.u @ self.v
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.a = scores / scores.sum(axis=1, keepdims=True)
        return np.einsum("nt,ntd->nd", self.a, h)

    def backward(self, dc):
        da = np.einsum("nd,ntd->nt", dc, self.h)
        dh = self.a[:, :, None] * dc[:, None, :]
        ds = self.a * (da - (da * self.a).sum(axis=1, keepdims=True))
        self.dv = np.einsum("nt,ntu->u", ds, self.u)
        dpre = ds[:, :, None] * self.v * (1 - self.u**2)
        self.db = dpre.sum(axis=(0, 1))
        self.dW = np.einsum("ntd,ntu->du", self.h, dpre)
        return dh + dpre @ self.W.T
