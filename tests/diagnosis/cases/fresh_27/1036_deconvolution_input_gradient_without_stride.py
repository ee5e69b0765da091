"""Truth: the input's gradient of the transposed convolution takes neighbouring places of dout, as if the stride were 1;
the weights' gradient takes every second one, as it should. Is dx[0, 0, 0, 1] to be made from dout[..., 1] or from [..., 2]?
"""
import numpy as np


class Deconv2d:
    """From a port of DCGAN. handnn: layer, input_shape=(2, 3, 3)"""

    def __init__(self, in_channels=2, out_channels=3, kernel=3, stride=2):
        self.stride, self.kernel = stride, kernel
        self.W = np.random.randn(in_channels, out_channels, kernel, kernel) * 0.2
        self.b = np.zeros(out_channels)

    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        s, k = self.stride, self.kernel
        out = np.zeros((n, self.W.shape[1], (h - 1) * s + k, (w - 1) * s + k))
        for i in range(h):
            for j in range(w):
                patch = np.tensordot(x[:, :, i, j], self.W, axes=(1, 0))
                out[:, :, i * s:i * s + k, j * s:j * s + k] += patch
        return out + self.b.reshape(1, -1, 1, 1)

    def backward(self, dout):
        n, c, h, w = self.x.shape
        s, k = self.stride, self.kernel
        dx = np.zeros_like(self.x)
        self.dW = np.zeros_like(self.W)
        self.db = dout.sum(axis=(0, 2, 3))
        for i in range(h):
            for j in range(w):
                window = dout[:, :, i * s:i * s + k, j * s:j * s + k]
                self.dW += np.tensordot(self.x[:, :, i, j], window, axes=(0, 0))
        for i in range(h):
            for j in range(w):
                window = dout[:, :, i:i + k, j:j + k]
                dx[:, :, i, j] = np.tensordot(window, self.W, axes=([1, 2, 3], [1, 2, 3]))
        return dx
