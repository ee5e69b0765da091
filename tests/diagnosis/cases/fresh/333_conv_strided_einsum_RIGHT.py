"""Truth: RIGHT. Windows by as_strided, products by einsum; the input's gradient by a padded, turned kernel."""
import numpy as np
from numpy.lib.stride_tricks import as_strided


def windows(x, k):
    n, c, h, w = x.shape
    sn, sc, sh, sw = x.strides
    return as_strided(x, (n, c, h - k + 1, w - k + 1, k, k), (sn, sc, sh, sw, sh, sw))


class Conv2D:
    """handnn: layer, input_shape=(2, 5, 4)"""

    def __init__(self, in_channels=2, filters=3, k=2):
        self.k = k
        self.kernel = np.random.normal(size=(filters, in_channels, k, k)) * 0.4
        self.bias = np.zeros(filters)

    def forward(self, x):
        self.win = windows(np.ascontiguousarray(x), self.k)
        return np.einsum("nchwkl,fckl->nfhw", self.win, self.kernel) + self.bias[None, :, None, None]

    def backward(self, dout):
        p = self.k - 1
        self.d_kernel = np.einsum("nchwkl,nfhw->fckl", self.win, dout)
        self.d_bias = dout.sum(axis=(0, 2, 3))
        padded = np.pad(dout, ((0, 0), (0, 0), (p, p), (p, p)))
        return np.einsum("nfhwkl,fckl->nchw", windows(padded, self.k), self.kernel[:, :, ::-1, ::-1])
