"""Truth: RIGHT. 'Equal values share the gradient' was reported: with real numbers no two are equal. Windows that do not overlap,
by a reshape to six axes.
"""
import numpy as np


def max_pool_forward(x, pool=2):
    N, C, H, W = x.shape
    windows = x.reshape(N, C, H // pool, pool, W // pool, pool)
    out = windows.max(axis=3).max(axis=4)
    return out, (x, windows, out)


def max_pool_backward(dout, cache):
    x, windows, out = cache
    mask = windows == out[:, :, :, np.newaxis, :, np.newaxis]
    d_windows = np.zeros_like(windows)
    spread = np.broadcast_to(dout[:, :, :, np.newaxis, :, np.newaxis], windows.shape)
    d_windows[mask] = spread[mask]
    d_windows /= np.sum(mask, axis=(3, 5), keepdims=True)
    return d_windows.reshape(x.shape)
