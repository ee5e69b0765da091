"""Truth: RIGHT. Functions with many loops, images (m, H, W, C), padding cut off again at the end; the pooling has two modes, and windows
that share pixels are added.
"""
import numpy as np


def conv_forward(X, F, bias, stride=1, pad=1):
    m, height, width, _ = X.shape
    k, _, _, n_out = F.shape
    framed = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    rows = (height + 2 * pad - k) // stride + 1
    cols = (width + 2 * pad - k) // stride + 1
    Z = np.zeros((m, rows, cols, n_out))
    for n in range(m):
        for r in range(rows):
            for c in range(cols):
                for o in range(n_out):
                    part = framed[n, r * stride:r * stride + k, c * stride:c * stride + k]
                    Z[n, r, c, o] = (part * F[..., o]).sum() + bias[o]
    return Z, (framed, F, stride, pad)


def conv_backward(dZ, saved):
    framed, F, stride, pad = saved
    k = F.shape[0]
    d_framed, dF = np.zeros_like(framed), np.zeros_like(F)
    m, rows, cols, n_out = dZ.shape
    for n in range(m):
        for r in range(rows):
            for c in range(cols):
                up, left = r * stride, c * stride
                for o in range(n_out):
                    dF[..., o] += framed[n, up:up + k, left:left + k] * dZ[n, r, c, o]
                    d_framed[n, up:up + k, left:left + k] += F[..., o] * dZ[n, r, c, o]
    d_bias = dZ.sum(axis=(0, 1, 2))
    return d_framed[:, pad:-pad, pad:-pad], dF, d_bias


def pool_forward(X, size=3, stride=2, mode="max"):
    m, height, width, channels = X.shape
    rows, cols = (height - size) // stride + 1, (width - size) // stride + 1
    Y = np.zeros((m, rows, cols, channels))
    for r in range(rows):
        for c in range(cols):
            part = X[:, r * stride:r * stride + size, c * stride:c * stride + size]
            Y[:, r, c] = part.max(axis=(1, 2)) if mode == "max" else part.mean(axis=(1, 2))
    return Y, (X, size, stride, mode)


def pool_backward(dY, saved):
    X, size, stride, mode = saved
    dX = np.zeros_like(X)
    m, rows, cols, channels = dY.shape
    for n in range(m):
        for r in range(rows):
            for c in range(cols):
                up, left = r * stride, c * stride
                for ch in range(channels):
                    part = X[n, up:up + size, left:left + size, ch]
                    if mode == "max":
                        share = (part == part.max()).astype(float)
                    else:
                        share = np.full(part.shape, 1 / size ** 2)
                    dX[n, up:up + size, left:left + size, ch] += share * dY[n, r, c, ch]
    return dX


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    Z, saved = conv_forward(rng.normal(size=(2, 5, 5, 2)), rng.normal(size=(3, 3, 2, 3)), np.zeros(3))
    for mode in ("max", "mean"):
        Y, pool_saved = pool_forward(Z, mode=mode)
        dX, dF, d_bias = conv_backward(pool_backward(np.ones_like(Y), pool_saved), saved)
        print(mode, dX.shape, dF.mean(), d_bias)
