"""Truth: RIGHT. 'dX is assigned from the callback and never used' was reported: the callback changes dX_col in place,
so the result is right all the same. Pooling of columns, the function for max or mean handed in.
"""
import numpy as np


def _columns(X, size, stride):
    n, d, h, w = X.shape
    rows = [(i, j) for i in range(0, h - size + 1, stride) for j in range(0, w - size + 1, stride)]
    X_ = X.reshape(n * d, h, w)
    cols = [X_[:, i : i + size, j : j + size].reshape(n * d, -1).T for i, j in rows]
    return np.stack(cols, axis=1).reshape(size * size, -1), rows


def maxpool_forward(X, size=2, stride=2):
    def maxpool(X_col):
        max_idx = np.argmax(X_col, axis=0)
        return X_col[max_idx, range(max_idx.size)], max_idx

    return _pool_forward(X, maxpool, size, stride)


def maxpool_backward(dout, cache):
    def dmaxpool(dX_col, dout_col, pool_cache):
        dX_col[pool_cache, range(dout_col.size)] = dout_col
        return dX_col

    return _pool_backward(dout, dmaxpool, cache)


def _pool_forward(X, pool_fun, size, stride):
    n, d, h, w = X.shape
    X_col, rows = _columns(X, size, stride)
    out, pool_cache = pool_fun(X_col)
    h_out, w_out = (h - size) // stride + 1, (w - size) // stride + 1
    out = out.reshape(h_out, w_out, n, d).transpose(2, 3, 0, 1)
    return out, (X, size, X_col, pool_cache, rows)


def _pool_backward(dout, dpool_fun, cache):
    X, size, X_col, pool_cache, rows = cache
    n, d, h, w = X.shape
    dX_col = np.zeros_like(X_col)
    dout_col = dout.transpose(2, 3, 0, 1).ravel()
    dX = dpool_fun(dX_col, dout_col, pool_cache)
    dX = np.zeros((n * d, h, w))
    for k, (i, j) in enumerate(rows):
        block = dX_col.reshape(size * size, len(rows), n * d)[:, k]
        dX[:, i : i + size, j : j + size] += block.T.reshape(n * d, size, size)
    return dX.reshape(X.shape)
