"""Truth: one mistake, of the kind where of two averages one was left a sum. Parts of a language model after a program in C: the results are
given into arrays that are there, gradients are added.
"""
import numpy as np

ROOT_2_BY_PI = np.sqrt(2.0 / np.pi)


def layernorm_forward(y, mu, inv, x, g, b):
    n_batch, n_pos, width = x.shape
    for i in range(n_batch):
        for p in range(n_pos):
            row = x[i, p]
            centre = sum(row) / width
            spread = sum((row - centre) * (row - centre)) / width
            scale = 1.0 / np.sqrt(spread + 1e-5)
            y[i, p] = (row - centre) * scale * g + b
            # wanted again below
            mu[i, p] = centre
            inv[i, p] = scale


def layernorm_backward(dx, dg, db, dy, x, g, mu, inv):
    n_batch, n_pos, width = x.shape
    for i in range(n_batch):
        for p in range(n_pos):
            unit = (x[i, p] - mu[i, p]) * inv[i, p]
            dunit = dy[i, p] * g

            # what went into centre and spread
            avg = dunit.sum() / width
            avg_unit = np.dot(dunit, unit)

            dg += dy[i, p] * unit
            db += dy[i, p]
            dx[i, p] += inv[i, p] * (dunit - avg - unit * avg_unit)


def gelu_forward(y, x):
    inner = ROOT_2_BY_PI * (x + 0.044715 * x * x * x)
    y[...] = 0.5 * x * (1.0 + np.tanh(inner))


def gelu_backward(dx, x, dy):
    inner = ROOT_2_BY_PI * (x + 0.044715 * x * x * x)
    d_inner = ROOT_2_BY_PI * (1.0 + 0.134145 * x * x)
    sech = 1.0 / np.cosh(inner)
    slope = 0.5 + 0.5 * np.tanh(inner) + 0.5 * x * sech * sech * d_inner
    dx += slope * dy


def matmul_forward(y, x, w, b):
    # x (batch, pos, in), w (out, in), y (batch, pos, out)
    for k in range(len(w)):
        y[:, :, k] = (x * w[k]).sum(axis=2) + b[k]


def matmul_backward(dx, dw, db, dy, x, w):
    for k in range(len(w)):
        d = dy[:, :, k:k + 1]
        dx += d * w[k]
        dw[k] += (d * x).sum(axis=(0, 1))
        db[k] += d.sum()


if __name__ == "__main__":
    rs = np.random.RandomState(50)
    x = rs.randn(2, 3, 6)
    g, b = 1 + 0.1 * rs.randn(6), np.zeros(6)
    w, wb = 0.2 * rs.randn(4, 6), np.zeros(4)

    normed, mu, inv = np.zeros((2, 3, 6)), np.zeros((2, 3)), np.zeros((2, 3))
    summed, out = np.zeros((2, 3, 4)), np.zeros((2, 3, 4))
    layernorm_forward(normed, mu, inv, x, g, b)
    matmul_forward(summed, normed, w, wb)
    gelu_forward(out, summed)

    dx, dg, db, dw, dwb, dnormed, dsummed = (np.zeros_like(a) for a in (x, g, b, w, wb, normed, summed))
    gelu_backward(dsummed, summed, out)
    matmul_backward(dnormed, dw, dwb, dsummed, normed, w)
    layernorm_backward(dx, dg, db, dnormed, x, g, mu, inv)
    print("dx of the first position", dx[0, 0])
