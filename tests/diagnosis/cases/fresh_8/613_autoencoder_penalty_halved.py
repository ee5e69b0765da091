"""Truth: the penalty is lam * sum(W**2); the gradient adds lam * W: a 2 is missing, twice in one loop. An encoder and a decoder of
lists, rows, the target is the input.
"""
import numpy as np


class Autoencoder:
    def __init__(self, sizes=(5, 4, 2, 4, 5), lam=0.05):
        self.lam = lam
        self.weights = [np.random.randn(i, o) * 0.6 for i, o in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(o) for o in sizes[1:]]

    def forward(self, X):
        self.activations = [X]
        for i, (W, b) in enumerate(zip(self.weights, self.biases)):
            z = self.activations[-1] @ W + b
            self.activations.append(z if i == len(self.weights) - 1 else np.tanh(z))
        return self.activations[-1]

    def loss(self, X):
        error = self.forward(X) - X
        return np.sum(error**2) / len(X) + self.lam * sum(np.sum(W**2) for W in self.weights)

    def gradients(self, X):
        delta = 2 * (self.forward(X) - X) / len(X)
        dW, db = [], []
        for i in range(len(self.weights) - 1, -1, -1):
            dW.insert(0, self.activations[i].T @ delta + self.lam * self.weights[i])
            db.insert(0, delta.sum(axis=0))
            if i:
                delta = delta @ self.weights[i].T * (1 - self.activations[i] ** 2)
        return dW, db
