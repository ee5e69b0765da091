"""Truth: on the way back to x the dilation is left out of the index: x[t + k] for x[t + k * dilation]. The kernel's gradient is right."""
import numpy as np


class DilatedConv1D:
    """handnn: layer, input_shape=(9, 2)"""

    def __init__(self, in_channels=2, out_channels=3, kernel_size=3, dilation=2):
        self.dilation, self.kernel_size = dilation, kernel_size
        self.weight = np.random.RandomState(1).randn(kernel_size, in_channels, out_channels)
        self.bias = np.zeros(out_channels)

    def forward(self, x):
        self.x = x
        n, length, _ = x.shape
        out_length = length - self.dilation * (self.kernel_size - 1)
        out = np.zeros((n, out_length, self.bias.size)) + self.bias
        for k in range(self.kernel_size):
            start = k * self.dilation
            out += x[:, start : start + out_length] @ self.weight[k]
        return out

    def backward(self, dout):
        out_length = dout.shape[1]
        self.dweight = np.zeros_like(self.weight)
        self.dbias = dout.sum(axis=(0, 1))
        dx = np.zeros_like(self.x)
        for k in range(self.kernel_size):
            start = k * self.dilation
            self.dweight[k] = np.einsum("nti,nto->io", self.x[:, start : start + out_length], dout)
            dx[:, k : k + out_length] += dout @ self.weight[k].T
        return dx
