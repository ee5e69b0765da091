"""Truth: the last term of dx has the upstream gradient where it must be multiplied by gamma first."""
import numpy as np


def layernorm_forward(x, gamma, beta, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    rstd = 1.0 / np.sqrt(var + eps)
    norm = (x - mean) * rstd
    return norm * gamma + beta, (norm, rstd, gamma)


def layernorm_backward(dy, cache):
    norm, rstd, gamma = cache
    dgamma = (dy * norm).sum(axis=(0, 1))
    dbeta = dy.sum(axis=(0, 1))
    dnorm = dy * gamma
    dx = dnorm - dnorm.mean(axis=-1, keepdims=True) - norm * (dy * norm).mean(axis=-1, keepdims=True)
    dx = dx * rstd
    return dx, dgamma, dbeta


class Block:
    """handnn: layer, input_shape=(3, 5)"""

    def __init__(self, dim=5):
        self.g = np.ones(dim)
        self.b = np.zeros(dim)

    def forward(self, x):
        out, self.cache = layernorm_forward(x, self.g, self.b)
        return out

    def backward(self, dy):
        dx, self.dg, self.db = layernorm_backward(dy, self.cache)
        return dx
