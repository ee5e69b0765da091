"""Truth: the weights of a layer are moved before the error is pulled back through them. Lists, rows, linear output, ReLU; the loss is
printed only.
"""
import numpy as np


class Regressor:
    """handnn: network 3-6-5-1 relu relu linear mse"""

    def __init__(self, layers=(3, 6, 5, 1), lr=0.05):
        self.W = [np.random.randn(i, o) * np.sqrt(2 / i) for i, o in zip(layers[:-1], layers[1:])]
        self.b = [np.zeros((1, o)) for o in layers[1:]]
        self.lr = lr

    def forward(self, X):
        self.A = [X]
        for i, (W, b) in enumerate(zip(self.W, self.b)):
            Z = self.A[-1] @ W + b
            self.A.append(Z if i == len(self.W) - 1 else np.maximum(Z, 0))
        return self.A[-1]

    def train_on_batch(self, X, Y):
        out = self.forward(X)
        loss = np.mean((out - Y) ** 2)
        grad = 2 * (out - Y) / Y.size
        for i in reversed(range(len(self.W))):
            dW = self.A[i].T @ grad
            db = grad.sum(axis=0, keepdims=True)
            self.W[i] -= self.lr * dW
            self.b[i] -= self.lr * db
            grad = (grad @ self.W[i].T) * (self.A[i] > 0)
        return loss
