"""The first call of fit makes the weights, for as many inputs and outputs as its data has."""

import numpy as np


class MLP:
    def __init__(self, hidden=8, lr=0.1):
        self.hidden = hidden
        self.lr = lr
        self.built = False

    def build(self, n_in, n_out):
        self.W1 = np.random.randn(n_in, self.hidden) * 0.1
        self.b1 = np.zeros((1, self.hidden))
        self.W2 = np.random.randn(self.hidden, n_out) * 0.1
        self.b2 = np.zeros((1, n_out))
        self.built = True

    def forward(self, X):
        self.z1 = X @ self.W1 + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        e = np.exp(self.z2 - self.z2.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def loss(self, Y):
        return -np.sum(Y * np.log(self.p)) / len(Y)

    def backward(self, X, Y):
        m = len(X)
        d2 = (self.p - Y) / m
        self.dW2 = self.a1.T @ d2
        self.db2 = d2.sum(axis=0, keepdims=True)
        d1 = d2 @ self.W2.T * (1 - self.a1**2)
        self.dW1 = X.T @ d1
        self.db1 = d1.sum(axis=0, keepdims=True)

    def update(self):
        self.W1 -= self.lr * self.dW1
        self.b1 -= self.lr * self.db1
        self.W2 -= self.lr * self.dW2
        self.b2 -= self.lr * self.db2

    def fit(self, X, Y, epochs=100):
        if not self.built:
            self.build(X.shape[1], Y.shape[1])
        for e in range(epochs):
            self.forward(X)
            self.backward(X, Y)
            self.update()
