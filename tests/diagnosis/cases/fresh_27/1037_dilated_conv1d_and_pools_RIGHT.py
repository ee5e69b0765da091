"""Truth: all right. A causal dilated convolution over time, average pooling over time and the largest value over time. I
flip nothing in the backward pass of the convolution, every tutorial flips the kernel: is that a mistake?
"""
import numpy as np


class CausalConv1d:
    """x is (N, T, C). handnn: layer, input_shape=(6, 2)"""

    def __init__(self, c_in=2, c_out=3, width=3, dilation=2):
        self.dilation, self.width = dilation, width
        self.w = np.random.uniform(-0.5, 0.5, (width, c_in, c_out))
        self.b = np.zeros(c_out)

    def forward(self, x):
        self.pad = (self.width - 1) * self.dilation
        self.xp = np.concatenate([np.zeros((x.shape[0], self.pad, x.shape[2])), x], axis=1)
        T = x.shape[1]
        y = np.zeros((x.shape[0], T, self.w.shape[2]))
        for j in range(self.width):
            y += self.xp[:, j * self.dilation:j * self.dilation + T] @ self.w[j]
        return y + self.b

    def backward(self, dy):
        T = dy.shape[1]
        dxp = np.zeros_like(self.xp)
        self.dw = np.zeros_like(self.w)
        for j in range(self.width):
            part = slice(j * self.dilation, j * self.dilation + T)
            self.dw[j] = np.einsum("ntc,ntd->cd", self.xp[:, part], dy)
            dxp[:, part] += dy @ self.w[j].T
        self.db = dy.sum(axis=(0, 1))
        return dxp[:, self.pad:]


class AvgPool1d:
    """handnn: layer, input_shape=(6, 2)"""

    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        n, t, c = x.shape
        self.shape = x.shape
        return x[:, :t // self.size * self.size].reshape(n, -1, self.size, c).mean(axis=2)

    def backward(self, dy):
        dx = np.zeros(self.shape)
        wide = np.repeat(dy, self.size, axis=1) / self.size
        dx[:, :wide.shape[1]] = wide
        return dx


class MaxOverTime:
    """handnn: layer, input_shape=(6, 2)"""

    def forward(self, x):
        self.shape = x.shape
        self.where = x.argmax(axis=1)
        return x.max(axis=1)

    def backward(self, dy):
        dx = np.zeros(self.shape)
        n, c = dy.shape
        dx[np.arange(n)[:, None], self.where, np.arange(c)] = dy
        return dx
