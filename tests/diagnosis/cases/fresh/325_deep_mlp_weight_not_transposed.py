"""Truth: two hidden layers of the same width; the weight between them is not transposed on the way back."""
import numpy as np


class MLP:
    """handnn: network 4-5-5-2 relu relu linear mse"""

    def __init__(self, sizes=(4, 5, 5, 2), seed=4):
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(0, np.sqrt(2 / a), (a, b)) for a, b in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros((1, b)) for b in sizes[1:]]

    def forward(self, x):
        self.activations, self.zs = [x], []
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            z = self.activations[-1] @ w + b
            self.zs.append(z)
            self.activations.append(z if i == len(self.weights) - 1 else np.maximum(z, 0))
        return self.activations[-1]

    def gradients(self, x, y):
        out = self.forward(x)
        loss = np.mean((out - y) ** 2)
        delta = 2 * (out - y) / y.size
        grads_w, grads_b = [], []
        grads_w.insert(0, self.activations[2].T @ delta)
        grads_b.insert(0, delta.sum(axis=0, keepdims=True))
        delta = (delta @ self.weights[2].T) * (self.zs[1] > 0)
        grads_w.insert(0, self.activations[1].T @ delta)
        grads_b.insert(0, delta.sum(axis=0, keepdims=True))
        delta = (delta @ self.weights[1]) * (self.zs[0] > 0)
        grads_w.insert(0, self.activations[0].T @ delta)
        grads_b.insert(0, delta.sum(axis=0, keepdims=True))
        return loss, grads_w, grads_b
