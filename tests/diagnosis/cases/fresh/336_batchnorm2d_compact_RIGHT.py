"""Truth: RIGHT. Batch normalization of images over batch, height and width; the short formula."""
import numpy as np


class BatchNorm2d:
    """handnn: layer, input_shape=(3, 4, 2)"""

    def __init__(self, channels=3, eps=1e-5):
        self.weight = np.ones((1, channels, 1, 1))
        self.bias = np.zeros((1, channels, 1, 1))
        self.eps = eps

    def forward(self, x):
        mu = x.mean(axis=(0, 2, 3), keepdims=True)
        self.inv = 1 / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + self.eps)
        self.xn = (x - mu) * self.inv
        return self.weight * self.xn + self.bias

    def backward(self, gy):
        ax = (0, 2, 3)
        n = gy.shape[0] * gy.shape[2] * gy.shape[3]
        self.weight_grad = (gy * self.xn).sum(axis=ax, keepdims=True)
        self.bias_grad = gy.sum(axis=ax, keepdims=True)
        return self.weight * self.inv / n * (n * gy - self.bias_grad - self.xn * self.weight_grad)
