"""Truth: all right: group normalization over rows of N * G groups, with the short form of the way back, and a batch
normalization of images that goes through two axes. Is it allowed to reuse one formula for both of them?
"""
import numpy as np


def short_form(dxhat, xhat, inv, axis):
    m = xhat.shape[axis]
    total = dxhat.sum(axis=axis, keepdims=True)
    along = (dxhat * xhat).sum(axis=axis, keepdims=True)
    return inv / m * (m * dxhat - total - xhat * along)


class GroupNorm:
    """handnn: layer, input_shape=(4, 3, 2)"""

    def __init__(self, channels=4, groups=2, eps=1e-5):
        self.G, self.eps = groups, eps
        self.gamma = np.ones((1, channels, 1, 1))
        self.beta = np.zeros((1, channels, 1, 1))

    def forward(self, x):
        N, C, H, W = x.shape
        rows = x.reshape(N * self.G, C // self.G * H * W)
        self.inv = 1 / np.sqrt(rows.var(axis=1, keepdims=True) + self.eps)
        self.rows_hat = (rows - rows.mean(axis=1, keepdims=True)) * self.inv
        self.x_hat = self.rows_hat.reshape(N, C, H, W)
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        self.dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
        self.dgamma = (dout * self.x_hat).sum(axis=(0, 2, 3), keepdims=True)
        drows = (dout * self.gamma).reshape(self.rows_hat.shape)
        return short_form(drows, self.rows_hat, self.inv, axis=1).reshape(dout.shape)


class SpatialBatchNorm:
    """handnn: layer, input_shape=(4, 3, 2)"""

    def __init__(self, channels=4, eps=1e-5):
        self.eps = eps
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)

    def flat(self, x):
        return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])

    def back(self, flat, shape):
        N, C, H, W = shape
        return flat.reshape(N, H, W, C).transpose(0, 3, 1, 2)

    def forward(self, x):
        flat = self.flat(x)
        self.inv = 1 / np.sqrt(flat.var(axis=0, keepdims=True) + self.eps)
        self.hat = (flat - flat.mean(axis=0, keepdims=True)) * self.inv
        return self.back(self.gamma * self.hat + self.beta, x.shape)

    def backward(self, dout):
        d = self.flat(dout)
        self.dgamma = (d * self.hat).sum(axis=0)
        self.dbeta = d.sum(axis=0)
        return self.back(short_form(d * self.gamma, self.hat, self.inv, axis=0), dout.shape)
