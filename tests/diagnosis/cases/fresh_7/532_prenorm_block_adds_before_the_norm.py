"""Truth: out = x + norm(x) W: the gradient of the branch goes through the norm, that of the skip past it. Both are added first, and the
sum goes through the norm.
"""
import numpy as np


class PreNormBlock:
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, dim=4, eps=1e-6):
        rng = np.random.RandomState(4)
        self.weight = 1 + 0.1 * rng.randn(dim)
        self.W = rng.randn(dim, dim)
        self.eps = eps

    def forward(self, x):
        self.x = x
        self.rstd = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + self.eps)
        self.normed = x * self.rstd
        self.h = self.normed * self.weight
        return x + self.h @ self.W

    def backward(self, dout):
        self.dW = self.h.T @ dout
        dh = dout @ self.W.T
        self.dweight = np.sum(dh * self.normed, axis=0)
        dres = (dout + dh) * self.weight
        dx = self.rstd * (dres - self.normed * np.mean(dres * self.normed, axis=-1, keepdims=True))
        return dx
