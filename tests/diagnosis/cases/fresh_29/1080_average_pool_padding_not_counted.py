"""Truth: AvgPool divides by the number of real pixels going forward (padding not counted) and by size * size going back. MaxPool
is right. In the middle of the image all agrees with the framework, at the border it does not.
"""
import numpy as np


class AvgPool:
    """handnn: layer, input_shape=(2, 5, 5)"""

    def __init__(self, size=3, stride=2, pad=1):
        self.size, self.stride, self.pad = size, stride, pad

    def windows(self, height, width):
        s, p = self.stride, self.pad
        for i in range((height + 2 * p - self.size) // s + 1):
            for j in range((width + 2 * p - self.size) // s + 1):
                top, left = i * s - p, j * s - p
                rows = slice(max(top, 0), min(top + self.size, height))
                cols = slice(max(left, 0), min(left + self.size, width))
                yield i, j, rows, cols

    def forward(self, x):
        self.shape = x.shape
        n, c, height, width = x.shape
        rows = (height + 2 * self.pad - self.size) // self.stride + 1
        cols = (width + 2 * self.pad - self.size) // self.stride + 1
        out = np.zeros((n, c, rows, cols))
        for i, j, r, k in self.windows(height, width):
            out[:, :, i, j] = x[:, :, r, k].mean(axis=(2, 3))
        return out

    def backward(self, grad):
        dx = np.zeros(self.shape)
        for i, j, r, k in self.windows(*self.shape[2:]):
            dx[:, :, r, k] += grad[:, :, i, j][:, :, None, None] / self.size ** 2
        return dx


class MaxPool(AvgPool):
    """handnn: layer, input_shape=(2, 5, 5)"""

    def forward(self, x):
        self.x = x
        out = np.zeros_like(super().forward(x))
        for i, j, r, k in self.windows(*x.shape[2:]):
            out[:, :, i, j] = x[:, :, r, k].max(axis=(2, 3))
        self.out = out
        return out

    def backward(self, grad):
        dx = np.zeros_like(self.x)
        for i, j, r, k in self.windows(*self.x.shape[2:]):
            hit = self.x[:, :, r, k] == self.out[:, :, i, j][:, :, None, None]
            dx[:, :, r, k] += hit * grad[:, :, i, j][:, :, None, None]
        return dx
