"""Batch normalization step by step, and layer normalization in one line."""

import numpy as np


class BatchNorm:
    def __init__(self, d=4):
        self.gamma, self.beta, self.eps = np.ones(d), np.zeros(d), 1e-5

    def forward(self, x):
        mu = np.mean(x, axis=0)
        xmu = x - mu
        sq = xmu**2
        var = np.mean(sq, axis=0)
        sqrtvar = np.sqrt(var + self.eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        self.cache = (xhat, xmu, ivar, sqrtvar)
        return self.gamma * xhat + self.beta

    def backward(self, dout):
        xhat, xmu, ivar, sqrtvar = self.cache
        N, D = dout.shape
        self.dbeta = np.sum(dout, axis=0)
        self.dgamma = np.sum(dout * xhat, axis=0)
        dxhat = dout * self.gamma
        divar = np.sum(dxhat * xmu, axis=0)
        dxmu1 = dxhat * ivar
        dsqrtvar = -1.0 / sqrtvar**2 * divar
        dvar = 0.5 / sqrtvar * dsqrtvar
        dsq = np.ones((N, D)) / N * dvar
        dxmu2 = 2 * xmu * dsq
        dx1 = dxmu1 + dxmu2
        dmu = -np.sum(dx1, axis=0)
        dx2 = np.ones((N, D)) / N * dmu
        return dx1 + dx2


class LayerNorm:
    def __init__(self, d=5):
        self.gamma, self.beta = np.ones(d), np.zeros(d)

    def forward(self, x):
        self.mean = x.mean(-1, keepdims=True)
        self.inv = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
        self.norm = (x - self.mean) * self.inv
        return self.norm * self.gamma + self.beta

    def backward(self, d):
        self.dgamma = (d * self.norm).sum(0)
        self.dbeta = d.sum(0)
        dn = d * self.gamma
        m1 = dn.mean(-1, keepdims=True)
        m2 = (dn * self.norm).mean(-1, keepdims=True)
        return (dn - m1 - self.norm * m2) * self.inv


# ruff: noqa - written as people write
