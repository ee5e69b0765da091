"""Truth: RIGHT. 'The windows are views, so backward would write into x' was feared: it only reads them. Stride 1, no padding."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Conv2D:
    def __init__(self, in_channels=2, out_channels=3, kernel_size=3):
        scale = 1 / np.sqrt(in_channels * kernel_size**2)
        self.weight = np.random.randn(out_channels, in_channels, kernel_size, kernel_size) * scale
        self.bias = np.zeros(out_channels)
        self.k = kernel_size

    def forward(self, x):
        self.x_shape = x.shape
        self.windows = sliding_window_view(x, (self.k, self.k), axis=(2, 3))
        out = np.einsum("nchwij,ocij->nohw", self.windows, self.weight)
        return out + self.bias[None, :, None, None]

    def backward(self, grad):
        self.grad_weight = np.einsum("nohw,nchwij->ocij", grad, self.windows)
        self.grad_bias = grad.sum(axis=(0, 2, 3))
        p = self.k - 1
        padded = np.pad(grad, ((0, 0), (0, 0), (p, p), (p, p)))
        windows = sliding_window_view(padded, (self.k, self.k), axis=(2, 3))
        return np.einsum("nohwij,ocij->nchw", windows, self.weight[:, :, ::-1, ::-1])
