"""Truth: the hidden layer is a leaky ReLU, its slope on the way back is the plain ReLU's."""
import numpy as np


class Regressor:
    """handnn: network 3-6-2 leaky_relu linear mse"""

    def __init__(self, rng=np.random.default_rng(2)):
        self.W1, self.b1 = rng.normal(size=(3, 6)) * 0.5, np.zeros(6)
        self.W2, self.b2 = rng.normal(size=(6, 2)) * 0.5, np.zeros(2)
        self.alpha = 0.2

    def loss(self, X, y):
        z1 = X @ self.W1 + self.b1
        a1 = np.where(z1 > 0, z1, self.alpha * z1)
        out = a1 @ self.W2 + self.b2
        diff = out - y
        loss = np.mean(diff**2)
        grads = {}
        dout = 2 * diff / diff.size
        grads["W2"], grads["b2"] = a1.T @ dout, dout.sum(0)
        dz1 = (dout @ self.W2.T) * np.where(z1 > 0, 1.0, 0.0)
        grads["W1"], grads["b1"] = X.T @ dz1, dz1.sum(0)
        return loss, grads
