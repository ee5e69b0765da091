"""Truth: backward makes rows of dout (N, F, OH, OW) without moving the filters last, so numbers of other places and filters meet. The
shape fits. NumPy under another name, as where a graphics card may be used.
"""
import numpy

xp = numpy


def im2col(x, kh, kw, stride, pad):
    n, c, h, w = x.shape
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    x = xp.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = xp.zeros((n, c, kh, kw, oh, ow))
    for i in range(kh):
        for j in range(kw):
            col[:, :, i, j] = x[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)


def col2im(col, shape, kh, kw, stride, pad):
    n, c, h, w = shape
    oh, ow = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    col = col.reshape(n, oh, ow, c, kh, kw).transpose(0, 3, 4, 5, 1, 2)
    x = xp.zeros((n, c, h + 2 * pad, w + 2 * pad))
    for i in range(kh):
        for j in range(kw):
            x[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride] += col[:, :, i, j]
    return x[:, :, pad:pad + h, pad:pad + w]


class Conv:
    def __init__(self, in_channels, out_channels, kernel=3, stride=1, pad=1):
        self.W = xp.random.randn(out_channels, in_channels, kernel, kernel) / xp.sqrt(in_channels * kernel**2)
        self.b = xp.zeros(out_channels)
        self.kernel, self.stride, self.pad = kernel, stride, pad

    def forward(self, x):
        n, _, h, w = x.shape
        f = self.W.shape[0]
        oh = (h + 2 * self.pad - self.kernel) // self.stride + 1
        ow = (w + 2 * self.pad - self.kernel) // self.stride + 1
        self.shape = x.shape
        self.col = im2col(x, self.kernel, self.kernel, self.stride, self.pad)
        out = self.col @ self.W.reshape(f, -1).T + self.b
        return out.reshape(n, oh, ow, f).transpose(0, 3, 1, 2)

    def backward(self, dout):
        f = self.W.shape[0]
        rows = dout.reshape(-1, f)
        self.db = rows.sum(axis=0)
        self.dW = (rows.T @ self.col).reshape(self.W.shape)
        dcol = rows @ self.W.reshape(f, -1)
        return col2im(dcol, self.shape, self.kernel, self.kernel, self.stride, self.pad)
