"""Truth: the gradient of the input pads dy for the full correlation, and takes the kernel's height for its width. It shows only with
kernels that are not square: (3, 2) here. One channel in, several filters out.
"""
import numpy as np


class Conv:
    """handnn: layer, input_shape=(6, 5)"""

    def __init__(self, filters=2, kernel=(3, 2)):
        self.w = np.random.RandomState(3).randn(filters, *kernel)

    def forward(self, x):
        self.x = x
        n, h, w = x.shape
        f, kh, kw = self.w.shape
        out = np.zeros((n, f, h - kh + 1, w - kw + 1))
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                patch = x[:, i : i + kh, j : j + kw]
                out[:, :, i, j] = np.tensordot(patch, self.w, axes=([1, 2], [1, 2]))
        return out

    def backward(self, dy):
        f, kh, kw = self.w.shape
        self.dw = np.zeros_like(self.w)
        for i in range(dy.shape[2]):
            for j in range(dy.shape[3]):
                patch = self.x[:, i : i + kh, j : j + kw]
                self.dw += np.tensordot(dy[:, :, i, j], patch, axes=([0], [0]))
        pad_h, pad_w = kh - 1, kh - 1
        padded = np.pad(dy, ((0, 0), (0, 0), (pad_h, pad_h), (pad_w, pad_w)))
        flipped = self.w[:, ::-1, ::-1]
        dx = np.zeros_like(self.x)
        for i in range(dx.shape[1]):
            for j in range(dx.shape[2]):
                patch = padded[:, :, i : i + kh, j : j + kw]
                dx[:, i, j] = np.sum(patch * flipped, axis=(1, 2, 3))
        return dx
