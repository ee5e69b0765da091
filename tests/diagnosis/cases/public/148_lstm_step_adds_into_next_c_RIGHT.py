"""Truth: RIGHT. '+= a mistake or intended?' was asked: the cell state has two readers, so dnext_c (handed in) gets the
part through next_h added, in place. A step has two outputs and six gradients.
"""
import numpy as np


def sigmoid(x):
    pos_mask, neg_mask = (x >= 0), (x < 0)
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[neg_mask] = np.exp(x[neg_mask])
    top = np.ones_like(x)
    top[neg_mask] = z[neg_mask]
    return top / (1 + z)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    i, f = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H])
    o, g = sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (i, f, o, g, x, Wx, Wh, prev_c, prev_h, next_c)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    i, f, o, g, x, Wx, Wh, prev_c, prev_h, next_c = cache
    # the hidden state
    do = np.tanh(next_c) * dnext_h
    dnext_c += o * (1 - np.tanh(next_c) ** 2) * dnext_h
    # the cell state
    df, dprev_c = prev_c * dnext_c, f * dnext_c
    di, dg = g * dnext_c, i * dnext_c
    # the gates and the product
    da = np.hstack((i * (1 - i) * di, f * (1 - f) * df, o * (1 - o) * do, (1 - g**2) * dg))
    dx, dWx = np.dot(da, Wx.T), np.dot(x.T, da)
    dprev_h, dWh = np.dot(da, Wh.T), np.dot(prev_h.T, da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db
