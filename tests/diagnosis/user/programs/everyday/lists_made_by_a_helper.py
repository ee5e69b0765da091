"""fit makes lists of weights by a method before its loop."""

import numpy as np


class DeepNet:
    def __init__(self, layers):
        self.layers = layers

    def build(self):
        self.weights = []
        self.biases = []
        for i in range(len(self.layers) - 1):
            self.weights.append(np.random.randn(self.layers[i], self.layers[i + 1]) * 0.1)
            self.biases.append(np.zeros((1, self.layers[i + 1])))

    def forward(self, X):
        self.a = [X]
        for W, b in zip(self.weights, self.biases):
            X = 1 / (1 + np.exp(-(X @ W + b)))
            self.a.append(X)
        return X

    def backward(self, y):
        m = len(y)
        delta = (self.a[-1] - y) * self.a[-1] * (1 - self.a[-1]) / m
        self.gw = [None] * len(self.weights)
        self.gb = [None] * len(self.biases)
        for i in reversed(range(len(self.weights))):
            self.gw[i] = self.a[i].T @ delta
            self.gb[i] = delta.sum(axis=0, keepdims=True)
            if i > 0:
                delta = delta @ self.weights[i].T * self.a[i] * (1 - self.a[i])

    def fit(self, X, y, lr=0.1, epochs=100):
        self.build()
        for epoch in range(epochs):
            out = self.forward(X)
            loss = 0.5 * np.sum((out - y) ** 2) / len(y)
            self.backward(y)
            for i in range(len(self.weights)):
                self.weights[i] -= lr * self.gw[i]
                self.biases[i] -= lr * self.gb[i]
