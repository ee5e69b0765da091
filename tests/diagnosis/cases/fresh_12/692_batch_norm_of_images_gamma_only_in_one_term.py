"""Truth: in dx gamma scales the first of three terms only; the sums beta's and gamma's gradients were put in without it. Images (N, C, H,
W), a dict of parameters, a layer that updates itself.
"""
import numpy as np


class SpatialBatchNorm:
    def __init__(self, channels, lr=0.01, eps=1e-5, decay=0.9):
        self.p = {"gamma": np.ones(channels), "beta": np.zeros(channels)}
        self.g = {}
        self.lr, self.eps, self.decay = lr, eps, decay
        self.mean, self.var = np.zeros(channels), np.ones(channels)

    @staticmethod
    def _wide(v):
        return v[None, :, None, None]

    def forward(self, x, train=True):
        if not train:
            x_hat = (x - self._wide(self.mean)) / np.sqrt(self._wide(self.var) + self.eps)
            return self._wide(self.p["gamma"]) * x_hat + self._wide(self.p["beta"])
        mu, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        self.inv = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - self._wide(mu)) * self._wide(self.inv)
        self.mean = self.decay * self.mean + (1 - self.decay) * mu
        self.var = self.decay * self.var + (1 - self.decay) * var
        return self._wide(self.p["gamma"]) * self.x_hat + self._wide(self.p["beta"])

    def backward(self, dout):
        m = dout.shape[0] * dout.shape[2] * dout.shape[3]
        self.g["beta"] = dout.sum(axis=(0, 2, 3))
        self.g["gamma"] = np.sum(dout * self.x_hat, axis=(0, 2, 3))
        dx_hat = dout * self._wide(self.p["gamma"])
        rest = self._wide(self.g["beta"]) + self.x_hat * self._wide(self.g["gamma"])
        return self._wide(self.inv) / m * (m * dx_hat - rest)

    def step(self):
        for name in self.p:
            self.p[name] = self.p[name] - self.lr * self.g[name]
