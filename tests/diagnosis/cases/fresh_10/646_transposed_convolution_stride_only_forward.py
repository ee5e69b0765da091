"""Truth: pixel i, j of the input is spread over the window that begins at i * stride, j * stride; for the gradient of the input the window
begins at i, j. The gradient of the weight takes the right one.
"""
import numpy as np


class ConvTranspose2d:
    def __init__(self, in_channels=2, out_channels=3, kernel_size=3, stride=2):
        self.kernel_size, self.stride = kernel_size, stride
        self.weight = np.random.randn(in_channels, out_channels, kernel_size, kernel_size) * 0.4
        self.bias = np.zeros(out_channels)

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        k, s = self.kernel_size, self.stride
        y = np.zeros((n, self.weight.shape[1], (h - 1) * s + k, (w - 1) * s + k))
        for i in range(h):
            for j in range(w):
                y[:, :, i * s : i * s + k, j * s : j * s + k] += np.einsum("nc,cokl->nokl", x[:, :, i, j], self.weight)
        return y + self.bias[None, :, None, None]

    def backward(self, dy):
        _, _, h, w = self.x.shape
        k, s = self.kernel_size, self.stride
        dx = np.zeros_like(self.x)
        self.dweight = np.zeros_like(self.weight)
        self.dbias = dy.sum(axis=(0, 2, 3))
        for i in range(h):
            for j in range(w):
                window = dy[:, :, i * s : i * s + k, j * s : j * s + k]
                self.dweight += np.einsum("nc,nokl->cokl", self.x[:, :, i, j], window)
                dx[:, :, i, j] = np.einsum("nokl,cokl->nc", dy[:, :, i : i + k, j : j + k], self.weight)
        return dx
