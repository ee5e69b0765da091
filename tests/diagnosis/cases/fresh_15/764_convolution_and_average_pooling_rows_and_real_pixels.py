"""Truth: two mistakes, one in each layer: an axis has a number of its own, and an edge has. A convolution and an average pooling over
loops, images as (N, C, H, W), written for a course.
"""
import numpy as np


class Convolution:
    """Two dimensional convolution; the stride is a pair, for the height and for the width."""

    def __init__(self, in_channels, out_channels, kernel_size=3, stride=(1, 2), padding=1):
        scale = np.sqrt(2.0 / (in_channels * kernel_size * kernel_size))
        self.kernels = np.random.normal(0.0, scale, (out_channels, in_channels, kernel_size, kernel_size))
        self.biases = np.zeros(out_channels)
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding

    def forward(self, images):
        p, k = self.padding, self.kernel_size
        self.padded = np.pad(images, ((0, 0), (0, 0), (p, p), (p, p)))
        batch, _, height, width = self.padded.shape
        out_height = (height - k) // self.stride[0] + 1
        out_width = (width - k) // self.stride[1] + 1
        output = np.zeros((batch, len(self.kernels), out_height, out_width))
        for i in range(out_height):
            for j in range(out_width):
                top, left = i * self.stride[0], j * self.stride[1]
                patch = self.padded[:, :, top:top + k, left:left + k]
                for f in range(len(self.kernels)):
                    output[:, f, i, j] = np.sum(patch * self.kernels[f], axis=(1, 2, 3)) + self.biases[f]
        return output

    def backward(self, upstream):
        p, k = self.padding, self.kernel_size
        grad_padded = np.zeros_like(self.padded)
        self.grad_kernels = np.zeros_like(self.kernels)
        self.grad_biases = upstream.sum(axis=(0, 2, 3))
        for i in range(upstream.shape[2]):
            for j in range(upstream.shape[3]):
                top, left = i * self.stride[0], j * self.stride[0]
                patch = self.padded[:, :, top:top + k, left:left + k]
                for f in range(len(self.kernels)):
                    delta = upstream[:, f, i, j].reshape(-1, 1, 1, 1)
                    self.grad_kernels[f] += np.sum(patch * delta, axis=0)
                    grad_padded[:, :, top:top + k, left:left + k] += self.kernels[f] * delta
        return grad_padded[:, :, p:-p, p:-p]


class AveragePooling:
    """The mean of each window, without the padding around the image."""

    def __init__(self, size=3, stride=2, padding=1):
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, images):
        s, p = self.size, self.padding
        padded = np.pad(images, ((0, 0), (0, 0), (p, p), (p, p)))
        inside = np.pad(np.ones(images.shape[2:]), p)
        self.shape = padded.shape
        rows = range(0, padded.shape[2] - s + 1, self.stride)
        columns = range(0, padded.shape[3] - s + 1, self.stride)
        self.counts = np.array([[inside[r:r + s, c:c + s].sum() for c in columns] for r in rows])
        sums = [[padded[:, :, r:r + s, c:c + s].sum(axis=(2, 3)) for c in columns] for r in rows]
        return np.array(sums).transpose(2, 3, 0, 1) / self.counts

    def backward(self, upstream):
        s, p = self.size, self.padding
        grad = np.zeros(self.shape)
        for i in range(upstream.shape[2]):
            for j in range(upstream.shape[3]):
                r, c = i * self.stride, j * self.stride
                share = upstream[:, :, i, j] / (s * s)
                grad[:, :, r:r + s, c:c + s] += share[:, :, None, None]
        return grad[:, :, p:-p, p:-p]


if __name__ == "__main__":
    np.random.seed(0)
    conv, pool = Convolution(2, 3), AveragePooling()
    out = pool.forward(conv.forward(np.random.randn(2, 2, 7, 8)))
    print(out.shape, conv.backward(pool.backward(np.ones_like(out))).shape)
