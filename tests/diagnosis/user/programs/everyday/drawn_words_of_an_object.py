"""Negative samples of an object; the gradient of repeated words is added up."""

import numpy as np


class SGNS:
    def __init__(self, V, D=8, lr=0.05):
        self.V = V
        self.W_in = np.random.uniform(-0.5, 0.5, (V, D)) / D
        self.W_out = np.zeros((V, D))
        self.lr = lr

    @staticmethod
    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def step(self, center, pos, negs):
        v = self.W_in[center]
        u = self.W_out[pos]
        n = self.W_out[negs]
        p = self.sigmoid(u @ v)
        q = self.sigmoid(n @ v)
        loss = -np.log(p) - np.sum(np.log(1 - q))
        dv = (p - 1) * u + q @ n
        du = (p - 1) * v
        dn = q[:, None] * v[None, :]
        self.W_in[center] -= self.lr * dv
        self.W_out[pos] -= self.lr * du
        np.add.at(self.W_out, negs, -self.lr * dn)
        return loss
