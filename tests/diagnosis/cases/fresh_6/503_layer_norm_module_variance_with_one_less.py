"""Truth: forward divides by N in the variance (np.var), backward counts N - 1 in both means. RMS of a row, class with params and
grads in dicts.
"""
import numpy as np


class LayerNorm:
    def __init__(self, dim=5, eps=1e-5):
        self.params = {"gamma": np.ones(dim), "beta": np.zeros(dim)}
        self.grads = {}
        self.eps = eps

    def forward(self, x):
        mu = x.mean(axis=-1, keepdims=True)
        self.inv = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.xhat = (x - mu) * self.inv
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, dy):
        axes = tuple(range(dy.ndim - 1))
        self.grads["gamma"] = (dy * self.xhat).sum(axis=axes)
        self.grads["beta"] = dy.sum(axis=axes)
        d = dy * self.params["gamma"]
        n = d.shape[-1] - 1
        m1 = d.sum(axis=-1, keepdims=True) / n
        m2 = (d * self.xhat).sum(axis=-1, keepdims=True) / n
        return self.inv * (d - m1 - self.xhat * m2)
