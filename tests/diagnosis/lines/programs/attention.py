"""Scaled dot-product attention, an embedding, and dropout inside a small network."""

import numpy as np


class Attention:
    def __init__(self, n=3, d=4):
        self.Wq, self.Wk, self.Wv, self.Wo = (np.full(s, 0.2) for s in ((n, d), (n, d), (n, d), (d, n)))

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        scores = self.q @ self.k.transpose(0, 2, 1) / np.sqrt(self.q.shape[-1])
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        self.mixed = self.p @ self.v
        return self.mixed @ self.Wo

    def backward(self, dout):
        n, d = self.Wq.shape
        self.dWo = np.einsum("btd,btn->dn", self.mixed, dout)
        dmixed = dout @ self.Wo.T
        dp = dmixed @ self.v.transpose(0, 2, 1)
        dv = self.p.transpose(0, 2, 1) @ dmixed
        dscores = self.p * (dp - np.sum(dp * self.p, axis=-1, keepdims=True))
        dscores = dscores / np.sqrt(d)
        dq = dscores @ self.k
        dk = dscores.transpose(0, 2, 1) @ self.q
        self.dWq = np.einsum("btn,btd->nd", self.x, dq)
        self.dWk = np.einsum("btn,btd->nd", self.x, dk)
        self.dWv = np.einsum("btn,btd->nd", self.x, dv)
        dx = dq @ self.Wq.T
        dx += dk @ self.Wk.T
        dx += dv @ self.Wv.T
        return dx


class Embedding:
    """The rows of a table, by numbers that occur more than once; then a linear map."""

    indices = np.array([[0, 2, 2], [3, 0, 1]])

    def __init__(self, words=5, d=3):
        self.table, self.W = np.zeros((words, d)), np.zeros((d, 2))

    def forward(self, x):
        self.x = x
        self.rows = self.table[self.indices] * x
        return self.rows @ self.W

    def backward(self, dout):
        self.dW = self.rows.reshape(-1, self.rows.shape[-1]).T @ dout.reshape(-1, dout.shape[-1])
        drows = dout @ self.W.T
        self.dtable = np.zeros_like(self.table)
        np.add.at(self.dtable, self.indices, drows * self.x)
        return drows * self.table[self.indices]


class DropoutNet:
    """Linear, relu, inverted dropout, linear."""

    def __init__(self, d=3, h=6):
        self.W1, self.W2, self.keep = np.zeros((d, h)), np.zeros((h, 2)), 0.7

    def forward(self, x):
        self.x = x
        self.z = x @ self.W1
        self.a = np.maximum(self.z, 0)
        self.mask = np.random.rand(*self.a.shape) < self.keep
        self.dropped = self.a * self.mask / self.keep
        return self.dropped @ self.W2

    def backward(self, grad):
        self.dW2 = self.dropped.T @ grad
        da = grad @ self.W2.T
        da = da * self.mask / self.keep
        dz = da * (self.z > 0)
        self.dW1 = self.x.T @ dz
        return dz @ self.W1.T


# ruff: noqa - written as people write
