"""Truth: the scores are v . tanh(x W + u); the slope of tanh is missing in what goes to W and x."""
import numpy as np


class AttentionPool:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, dim=3, hidden=5):
        r = np.random.default_rng(8)
        self.W, self.u, self.v = r.normal(size=(dim, hidden)), r.normal(size=hidden), r.normal(size=hidden)

    def forward(self, x):
        self.x = x
        self.e = np.tanh(x @ self.W + self.u)
        s = self.e @ self.v
        a = np.exp(s - s.max(axis=1, keepdims=True))
        self.a = a / a.sum(axis=1, keepdims=True)
        return (self.a[:, :, None] * x).sum(axis=1)

    def backward(self, d):
        da = (self.x * d[:, None, :]).sum(axis=2)
        dx = self.a[:, :, None] * d[:, None, :]
        ds = self.a * (da - (da * self.a).sum(axis=1, keepdims=True))
        self.dv = np.einsum("bt,bth->h", ds, self.e)
        dz = ds[:, :, None] * self.v
        self.dW = np.einsum("btd,bth->dh", self.x, dz)
        self.du = dz.sum(axis=(0, 1))
        return dx + dz @ self.W.T
