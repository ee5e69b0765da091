"""Truth: the gradient that a step hands to the state before is computed and never added."""
import numpy as np


def rnn_forward(x, h0, Wx, Wh, b):
    """x (N, T, D), h0 (N, H)."""
    N, T, D = x.shape
    h, prev, cache = np.zeros((N, T, h0.shape[1])), h0, []
    for t in range(T):
        nxt = np.tanh(x[:, t] @ Wx + prev @ Wh + b)
        cache.append((x[:, t], prev, nxt, Wx, Wh))
        h[:, t] = nxt
        prev = nxt
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dWx, dWh, db = np.zeros((N, T, D)), np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    dprev = np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        x_t, prev, nxt, Wx, Wh = cache[t]
        dnext = dh[:, t]
        da = dnext * (1 - nxt**2)
        dx[:, t] = da @ Wx.T
        dWx += x_t.T @ da
        dWh += prev.T @ da
        db += da.sum(axis=0)
        dprev = da @ Wh.T
    return dx, dprev, dWx, dWh, db
