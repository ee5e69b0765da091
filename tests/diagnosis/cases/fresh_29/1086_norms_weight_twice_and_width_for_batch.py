"""Truth: two mistakes. RMSNorm's second term is multiplied by the weight once more (it is in the sum already); BatchNorm divides by
the number of features where the size of the batch belongs. With all weights at one and square test data both pass.
"""
import numpy as np


class RMSNorm:
    """handnn: layer, input_shape=(5,)"""

    def __init__(self, dim=5, eps=1e-6):
        self.weight = np.linspace(0.5, 1.5, dim)
        self.eps = eps

    def forward(self, x):
        self.x = x
        self.rinv = 1.0 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.eps)
        return x * self.rinv * self.weight

    def backward(self, g):
        D = self.x.shape[-1]
        axes = tuple(range(g.ndim - 1))
        self.d_weight = np.sum(g * self.x * self.rinv, axis=axes)
        s = np.sum(g * self.x * self.weight, axis=-1, keepdims=True)
        first = g * self.weight * self.rinv
        second = self.weight * self.rinv ** 3 * self.x * s / D
        return first - second


class BatchNorm:
    """handnn: layer BatchNormalization(epsilon=1e-5), input_shape=(3,)"""

    def __init__(self, features=3, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(features), np.zeros(features), eps

    def forward(self, x, training=True):
        mean, var = x.mean(axis=0), x.var(axis=0)
        self.std_inv = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - mean) * self.std_inv
        return self.gamma * self.x_hat + self.beta

    def backward(self, d_out):
        m = d_out.shape[1]
        self.d_beta = d_out.sum(axis=0)
        self.d_gamma = (d_out * self.x_hat).sum(axis=0)
        d_hat = d_out * self.gamma
        total = d_hat.sum(axis=0) + self.x_hat * (d_hat * self.x_hat).sum(axis=0)
        return self.std_inv * (d_hat - total / m)
