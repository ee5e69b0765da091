"""The gradient is nowhere by itself: only times the rate, in the velocity."""

import numpy as np


class Net:
    def __init__(self, n_in, n_h, n_out, lr=0.1, momentum=0.9):
        self.W1 = np.random.randn(n_in, n_h) * 0.3
        self.W2 = np.random.randn(n_h, n_out) * 0.3
        self.v1 = np.zeros_like(self.W1)
        self.v2 = np.zeros_like(self.W2)
        self.lr = lr
        self.momentum = momentum

    def train(self, X, y, epochs=100):
        losses = []
        for _ in range(epochs):
            h = np.tanh(X @ self.W1)
            o = h @ self.W2
            losses.append(0.5 * np.sum((o - y) ** 2))
            d = o - y
            self.v2 = self.momentum * self.v2 - self.lr * h.T @ d
            self.v1 = self.momentum * self.v1 - self.lr * X.T @ (d @ self.W2.T * (1 - h**2))
            self.W2 += self.v2
            self.W1 += self.v1
        return losses
