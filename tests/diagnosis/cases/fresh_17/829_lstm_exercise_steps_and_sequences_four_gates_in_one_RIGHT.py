"""Truth: RIGHT. Exercise functions for an LSTM over batches, (N, T, D): one matrix for the four gates, a step forward and back, then
whole sequences; a small regression uses them at the end.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """x (N, D), prev_h and prev_c (N, H), Wx (D, 4H), Wh (H, 4H), b (4H,)"""
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H:2 * H])
    o = sigmoid(a[:, 2 * H:3 * H])
    g = np.tanh(a[:, 3 * H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i
    da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)])
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    caches = []
    prev_h, prev_c = h0, np.zeros((N, H))
    for t in range(T):
        prev_h, prev_c, cache = lstm_step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        h[:, t] = prev_h
        caches.append(cache)
    return h, caches


def lstm_backward(dh, caches):
    N, T, H = dh.shape
    D = caches[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
    dprev_h, dprev_c = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t], dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, caches[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dprev_h, dWx, dWh, db


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    out = x.reshape(N * T, D).dot(w).reshape(N, T, -1) + b
    return out, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    N, T, D = x.shape
    M = w.shape[1]
    flat = dout.reshape(N * T, M)
    return flat.dot(w.T).reshape(N, T, D), x.reshape(N * T, D).T.dot(flat), dout.sum(axis=(0, 1))


if __name__ == "__main__":
    rng = np.random.default_rng(9)
    N, T, D, H = 20, 6, 3, 8
    x = rng.normal(size=(N, T, D))
    target = np.cumsum(x[:, :, :1], axis=1)
    p = {"Wx": rng.normal(0, 0.3, (D, 4 * H)), "Wh": rng.normal(0, 0.3, (H, 4 * H)), "b": np.zeros(4 * H),
         "w": rng.normal(0, 0.3, (H, 1)), "c": np.zeros(1)}
    for it in range(151):
        h, caches = lstm_forward(x, np.zeros((N, H)), p["Wx"], p["Wh"], p["b"])
        out, cache = temporal_affine_forward(h, p["w"], p["c"])
        loss = np.sum((out - target) ** 2) / N
        dh, dw, dc = temporal_affine_backward(2 * (out - target) / N, cache)
        dx, dh0, dWx, dWh, db = lstm_backward(dh, caches)
        for key, g in zip(("Wx", "Wh", "b", "w", "c"), (dWx, dWh, db, dw, dc)):
            p[key] -= 0.02 * g
        if it % 50 == 0:
            print("iteration", it, "loss", loss)
