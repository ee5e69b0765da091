"""Truth: two mistakes. LayerNorm's backward counts everything behind the first axis (right for 2-D inputs only), the
dropout wrapper divides by the keep rate and forgets the mask. GELU and the linear layer are right. Parts of an encoder block.
"""
import numpy as np


class LayerNorm:
    """handnn: layer LayerNormalization(epsilon=1e-5), input_shape=(3, 6)"""

    def __init__(self, dim=6, eps=1e-5):
        self.weight, self.bias, self.eps = np.ones(dim), np.zeros(dim), eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        self.rstd = 1.0 / np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.x_hat = (x - mean) * self.rstd
        return self.weight * self.x_hat + self.bias

    def backward(self, dy):
        M = dy.shape[0]
        N = dy.size // M
        axes = tuple(range(dy.ndim - 1))
        self.dweight = np.sum(dy * self.x_hat, axis=axes)
        self.dbias = np.sum(dy, axis=axes)
        wdy = self.weight * dy
        c1 = np.sum(self.x_hat * wdy, axis=-1, keepdims=True) / N
        c2 = np.sum(wdy, axis=-1, keepdims=True) / N
        return (wdy - (self.x_hat * c1 + c2)) * self.rstd


class Linear:
    """handnn: layer, input_shape=(3, 6)"""

    def __init__(self, n_in=6, n_out=6, seed=1):
        self.weight = np.random.default_rng(seed).normal(0, 0.4, (n_in, n_out))
        self.bias = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, dy):
        self.dweight = np.tensordot(self.x, dy, axes=((0, 1), (0, 1)))
        self.dbias = dy.sum(axis=(0, 1))
        return dy @ self.weight.T


class DropoutAround:
    """handnn: layer, input_shape=(3, 6)"""

    def __init__(self, p=0.3, seed=9):
        self.p, self.seed = p, seed
        self.wrapped = Linear()

    def forward(self, x):
        out = self.wrapped.forward(x)
        self.mask = np.random.default_rng(self.seed).random(out.shape) >= self.p
        return out * self.mask / (1.0 - self.p)

    def backward(self, dy):
        dy = dy / (1.0 - self.p)
        return self.wrapped.backward(dy)


class GELU:
    """handnn: layer, input_shape=(3, 6)"""

    k = np.sqrt(2 / np.pi)

    def forward(self, x):
        self.x = x
        self.t = np.tanh(self.k * (x + 0.044715 * x ** 3))
        return 0.5 * x * (1 + self.t)

    def backward(self, dy):
        inner = self.k * (1 + 0.134145 * self.x ** 2)
        return dy * (0.5 * (1 + self.t) + 0.5 * self.x * (1 - self.t ** 2) * inner)
