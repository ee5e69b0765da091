"""Truth: the means over the pixels divide by the number of samples."""
import numpy as np


class InstanceNorm:
    """handnn: layer, input_shape=(2, 3, 4)"""

    def __init__(self, channels=2, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(channels), np.zeros(channels), eps

    def forward(self, x):
        mu = x.mean(axis=(2, 3), keepdims=True)
        self.istd = 1 / np.sqrt(x.var(axis=(2, 3), keepdims=True) + self.eps)
        self.xhat = (x - mu) * self.istd
        return self.gamma[None, :, None, None] * self.xhat + self.beta[None, :, None, None]

    def backward(self, dy):
        m = dy.shape[0]
        self.dgamma = (dy * self.xhat).sum(axis=(0, 2, 3))
        self.dbeta = dy.sum(axis=(0, 2, 3))
        dxhat = dy * self.gamma[None, :, None, None]
        a = dxhat.sum(axis=(2, 3), keepdims=True) / m
        b = (dxhat * self.xhat).sum(axis=(2, 3), keepdims=True) / m
        return self.istd * (dxhat - a - self.xhat * b)
