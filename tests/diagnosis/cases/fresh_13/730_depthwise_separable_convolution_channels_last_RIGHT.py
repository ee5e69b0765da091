"""Truth: RIGHT. A depthwise convolution of channels-last images with a stride of 2 and the padding of "same", which is wider at the end,
and a pointwise one after it; loops over the places of the kernel instead of those of the image.
"""
import numpy as np


def same_padding(size, k, s):
    total = max((-(-size // s) - 1) * s + k - size, 0)
    return total // 2, total - total // 2


class DepthwiseConv:
    def __init__(self, channels, kernel=3, stride=2, rng=np.random.default_rng(0)):
        self.kernel, self.stride = kernel, stride
        self.w = rng.normal(0, 1 / kernel, (kernel, kernel, channels))
        self.b = np.zeros(channels)

    def places(self, shape):
        """ for every place of the kernel, the slices of the padded image that it meets """
        s = self.stride
        oh, ow = -(-shape[1] // s), -(-shape[2] // s)
        for u in range(self.kernel):
            for v in range(self.kernel):
                yield u, v, slice(u, u + (oh - 1) * s + 1, s), slice(v, v + (ow - 1) * s + 1, s)

    def forward(self, x):
        self.shape = x.shape
        self.pad_h = same_padding(x.shape[1], self.kernel, self.stride)
        self.pad_w = same_padding(x.shape[2], self.kernel, self.stride)
        self.padded = np.pad(x, ((0, 0), self.pad_h, self.pad_w, (0, 0)))
        return self.b + sum(self.padded[:, rows, cols] * self.w[u, v] for u, v, rows, cols in self.places(x.shape))

    def backward(self, grad):
        self.dw = np.empty_like(self.w)
        self.db = grad.sum(axis=(0, 1, 2))
        dpadded = np.zeros_like(self.padded)
        for u, v, rows, cols in self.places(self.shape):
            self.dw[u, v] = np.einsum("nhwc,nhwc->c", self.padded[:, rows, cols], grad)
            dpadded[:, rows, cols] += grad * self.w[u, v]
        top, left = self.pad_h[0], self.pad_w[0]
        return dpadded[:, top:top + self.shape[1], left:left + self.shape[2]]


class PointwiseConv:
    def __init__(self, channels, filters, rng=np.random.default_rng(1)):
        self.w = rng.normal(0, channels ** -0.5, (channels, filters))
        self.b = np.zeros(filters)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, grad):
        self.dw = np.tensordot(self.x, grad, axes=([0, 1, 2], [0, 1, 2]))
        self.db = grad.sum((0, 1, 2))
        return grad @ self.w.T


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 6, 7, 2))
    y = rng.normal(size=(3, 3, 4, 5))
    layers = [DepthwiseConv(2), PointwiseConv(2, 5)]
    for it in range(100):
        out = x
        for layer in layers:
            out = layer.forward(out)
        grad = (out - y) / len(x)
        for layer in layers[::-1]:
            grad = layer.backward(grad)
        for layer in layers:
            layer.w -= 0.05 * layer.dw
            layer.b -= 0.05 * layer.db
    print(0.5 * np.sum((out - y) ** 2) / len(x))
