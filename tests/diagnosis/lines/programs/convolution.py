"""Convolution by loops and by columns, max pooling by loops."""

import numpy as np


class LoopConv:
    """Channels first, stride 1, padding 1."""

    def __init__(self, f=2, c=2, k=3):
        self.W, self.b, self.pad = np.ones((f, c, k, k)), np.zeros(f), 1

    def forward(self, x):
        p = self.pad
        self.x_pad = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        N, C, H, W = x.shape
        F, _, HH, WW = self.W.shape
        out = np.zeros((N, F, H, W))
        for n in range(N):
            for f in range(F):
                for i in range(H):
                    for j in range(W):
                        out[n, f, i, j] = np.sum(self.x_pad[n, :, i : i + HH, j : j + WW] * self.W[f]) + self.b[f]
        return out

    def backward(self, dout):
        N, F, H, W = dout.shape
        _, _, HH, WW = self.W.shape
        p = self.pad
        dx_pad = np.zeros_like(self.x_pad)
        dw, db = np.zeros_like(self.W), np.zeros_like(self.b)
        for n in range(N):
            for f in range(F):
                db[f] += dout[n, f].sum()
                for i in range(H):
                    for j in range(W):
                        dw[f] += self.x_pad[n, :, i : i + HH, j : j + WW] * dout[n, f, i, j]
                        dx_pad[n, :, i : i + HH, j : j + WW] += self.W[f] * dout[n, f, i, j]
        self.dW, self.db = dw, db
        return dx_pad[:, :, p:-p, p:-p]


def im2col(x, k):
    n, h, w, c = x.shape
    rows = [x[:, i : i + h - k + 1, j : j + w - k + 1, :] for i in range(k) for j in range(k)]
    return np.stack(rows, axis=3).reshape(n, h - k + 1, w - k + 1, k * k * c)


def col2im(cols, shape, k):
    n, h, w, c = shape
    x = np.zeros(shape)
    cols = cols.reshape(n, h - k + 1, w - k + 1, k * k, c)
    for i in range(k):
        for j in range(k):
            x[:, i : i + h - k + 1, j : j + w - k + 1, :] += cols[:, :, :, i * k + j, :]
    return x


class ColumnConv:
    """Channels last, no padding."""

    def __init__(self, k=2, c=2, f=3):
        self.W, self.b, self.k = np.ones((k * k * c, f)), np.zeros(f), k

    def forward(self, x):
        self.shape = x.shape
        self.cols = im2col(x, self.k)
        return self.cols @ self.W + self.b

    def backward(self, dout):
        flat = dout.reshape(-1, dout.shape[-1])
        self.dW = self.cols.reshape(-1, self.cols.shape[-1]).T @ flat
        self.db = flat.sum(axis=0)
        dcols = dout @ self.W.T
        return col2im(dcols, self.shape, self.k)


class MaxPool:
    """Windows of 2 x 2."""

    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        out = np.zeros((n, c, h // 2, w // 2))
        for i in range(h // 2):
            for j in range(w // 2):
                out[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(2, 3))
        return out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        n, c, h, w = dout.shape
        for b in range(n):
            for k in range(c):
                for i in range(h):
                    for j in range(w):
                        window = self.x[b, k, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                        row, col = np.unravel_index(np.argmax(window), window.shape)
                        dx[b, k, 2 * i + row, 2 * j + col] += dout[b, k, i, j]
        return dx


# ruff: noqa - written as people write
