"""Truth: the gradient of the input is added at i, j; the window begins at i * stride, j * stride. Loops, channels first, stride 2."""
import numpy as np


class Conv:
    def __init__(self, in_channels=2, filters=3, kernel=3, stride=2):
        self.kernel, self.stride = kernel, stride
        self.W = np.random.randn(filters, in_channels, kernel, kernel) * 0.3
        self.b = np.zeros(filters)

    def forward(self, x):
        self.x = x
        n, _, height, width = x.shape
        k, s = self.kernel, self.stride
        rows, cols = (height - k) // s + 1, (width - k) // s + 1
        out = np.zeros((n, len(self.W), rows, cols))
        for i in range(rows):
            for j in range(cols):
                patch = x[:, :, i * s : i * s + k, j * s : j * s + k]
                out[:, :, i, j] = np.tensordot(patch, self.W, axes=([1, 2, 3], [1, 2, 3])) + self.b
        return out

    def backward(self, dout):
        k, s = self.kernel, self.stride
        self.dW, self.db = np.zeros_like(self.W), dout.sum(axis=(0, 2, 3))
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                d = dout[:, :, i, j]
                patch = self.x[:, :, i * s : i * s + k, j * s : j * s + k]
                self.dW += np.tensordot(d, patch, axes=([0], [0]))
                dx[:, :, i : i + k, j : j + k] += np.tensordot(d, self.W, axes=([1], [0]))
        return dx
