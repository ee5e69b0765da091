"""Truth: the block adds its input to its output, the backward pass forgets the direct path."""
import numpy as np


class Linear:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))
        self.b = np.zeros(n_out)

    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(0)
        return grad @ self.W.T


class ResidualBlock:
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, dim=4, hidden=7):
        rng = np.random.default_rng(2)
        self.fc1 = Linear(dim, hidden, rng)
        self.fc2 = Linear(hidden, dim, rng)

    def forward(self, x):
        h = self.fc1(x)
        self.mask = h > 0
        return x + self.fc2(h * self.mask)

    def backward(self, grad):
        dh = self.fc2.backward(grad)
        dh = dh * self.mask
        return self.fc1.backward(dh)
