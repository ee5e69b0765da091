"""Truth: the gradient of the images is a full correlation with the kernel as it is; it must be turned by 180 degrees. With
one layer everything learns, with two the first filters are noise. Do I have to rotate something, and what?
"""
import numpy as np


def correlate(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel)
    return out


class ConvLayer:
    """Grey images (n, height, width) to n_filters maps, stride 1, no padding.

    handnn: layer, input_shape=(6, 5)
    """

    def __init__(self, n_filters=2, size=3):
        self.size = size
        self.filters = np.random.randn(n_filters, size, size) / size ** 2
        self.biases = np.zeros(n_filters)

    def forward(self, images):
        self.images = images
        return np.array([[correlate(im, f) + b for f, b in zip(self.filters, self.biases)] for im in images])

    def backward(self, d_out):
        pad = self.size - 1
        self.d_filters = np.zeros_like(self.filters)
        self.d_biases = d_out.sum(axis=(0, 2, 3))
        d_images = np.zeros_like(self.images)
        for n in range(len(self.images)):
            for f in range(len(self.filters)):
                self.d_filters[f] += correlate(self.images[n], d_out[n, f])
                padded = np.pad(d_out[n, f], pad)
                d_images[n] += correlate(padded, self.filters[f])
        return d_images


class Relu:
    """handnn: layer Activation('relu')"""

    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, d_out):
        return np.where(self.positive, d_out, 0)
