"""The layers of a network as objects."""

import numpy as np


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = np.sum(grad, axis=0)
        return grad @ self.W.T


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad):
        return grad * (1 - self.out**2)


class LeakyReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0.1 * x)

    def backward(self, grad):
        return np.where(self.mask, grad, 0.1 * grad)


class Softmax:
    def forward(self, x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        self.p = e / np.sum(e, axis=-1, keepdims=True)
        return self.p

    def backward(self, grad):
        inner = np.sum(grad * self.p, axis=-1, keepdims=True)
        return self.p * (grad - inner)


# ruff: noqa - written as people write
