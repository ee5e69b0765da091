import numpy as np


class Layer:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(size=(n_in, n_out)) * np.sqrt(1 / n_in)
        self.b = np.zeros((1, n_out))
        self.vW = np.zeros_like(self.W)
        self.vb = np.zeros_like(self.b)


class Network:
    def __init__(self, sizes=(4, 5, 2), lr=0.05, beta=0.9):
        rng = np.random.default_rng(3)
        self.layers = [Layer(a, b, rng) for a, b in zip(sizes, sizes[1:])]
        self.lr, self.beta = lr, beta

    def fit(self, X, y, epochs=50):
        for epoch in range(epochs):
            activations = [X]
            for layer in self.layers:
                activations.append(1 / (1 + np.exp(-(activations[-1] @ layer.W + layer.b))))
            loss = 0.5 * np.sum((activations[-1] - y) ** 2) / len(X)
            delta = (activations[-1] - y) / len(X)
            for i in range(len(self.layers) - 1, -1, -1):
                layer = self.layers[i]
                delta = delta * activations[i + 1] * (1 - activations[i + 1])
                gW = activations[i].T @ delta
                gb = delta.sum(axis=0, keepdims=True)
                delta = delta @ layer.W.T
                layer.vW = self.beta * layer.vW + gW
                layer.vb = self.beta * layer.vb + gb
                layer.W -= self.lr * layer.vW
                layer.b -= self.lr * layer.vb
        return loss
