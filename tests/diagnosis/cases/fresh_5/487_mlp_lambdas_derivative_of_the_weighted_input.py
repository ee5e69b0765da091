"""Truth: the derivatives in the table are written for OUTPUTS (1 - y^2, y (1 - y)); backward gives them the weighted inputs
zs[l]; activations[l + 1] belongs there, in both places. Lists, rows.
"""
import numpy as np

ACTIVATIONS = {
    "tanh": (lambda x: np.tanh(x), lambda y: 1 - y**2),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
}


class MLP:
    """handnn: network 3-5-2 tanh sigmoid mse"""

    def __init__(self, sizes=(3, 5, 2)):
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(b) for b in sizes[1:]]
        self.names = ["tanh"] * (len(sizes) - 2) + ["sigmoid"]

    def forward(self, x):
        self.zs, self.activations = [], [x]
        for w, b, name in zip(self.weights, self.biases, self.names):
            self.zs.append(self.activations[-1] @ w + b)
            self.activations.append(ACTIVATIONS[name][0](self.zs[-1]))
        return self.activations[-1]

    def loss(self, x, y):
        return np.mean(np.sum((self.forward(x) - y) ** 2, axis=1))

    def gradients(self, x, y):
        output = self.forward(x)
        delta = 2 * (output - y) / len(x) * ACTIVATIONS[self.names[-1]][1](self.zs[-1])
        grads_w, grads_b = [None] * len(self.weights), [None] * len(self.weights)
        for l in reversed(range(len(self.weights))):
            grads_w[l] = self.activations[l].T @ delta
            grads_b[l] = delta.sum(axis=0)
            if l > 0:
                delta = (delta @ self.weights[l].T) * ACTIVATIONS[self.names[l - 1]][1](self.zs[l - 1])
        return grads_w, grads_b
