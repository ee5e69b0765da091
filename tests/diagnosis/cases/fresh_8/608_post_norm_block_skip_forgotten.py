"""Truth: out = norm(x + ffn(x)); backward hands x only what comes through the feed-forward part: the skip is forgotten.
A transformer's feed-forward block with layer objects.
"""
import numpy as np


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(dim), np.zeros(dim), eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        self.dgamma = np.sum(dout * self.x_hat, axis=0)
        self.dbeta = np.sum(dout, axis=0)
        g = dout * self.gamma
        mean_g = g.mean(axis=-1, keepdims=True)
        mean_gx = np.mean(g * self.x_hat, axis=-1, keepdims=True)
        return (g - mean_g - self.x_hat * mean_gx) / self.std


class FeedForwardBlock:
    def __init__(self, dim=4, hidden=7):
        self.W1, self.b1 = np.random.randn(dim, hidden) * 0.5, np.zeros(hidden)
        self.W2, self.b2 = np.random.randn(hidden, dim) * 0.5, np.zeros(dim)
        self.norm = LayerNorm(dim)

    def forward(self, x):
        self.x = x
        self.h = np.maximum(0, x @ self.W1 + self.b1)
        return self.norm.forward(x + self.h @ self.W2 + self.b2)

    def backward(self, dout):
        dsum = self.norm.backward(dout)
        self.dW2, self.db2 = self.h.T @ dsum, dsum.sum(axis=0)
        dh = (dsum @ self.W2.T) * (self.h > 0)
        self.dW1, self.db1 = self.x.T @ dh, dh.sum(axis=0)
        dx = dh @ self.W1.T
        return dx
