"""Truth: the gradient of the previous state lacks the direct path dh * (1 - z). Sequences of shape (batch, time, features), weights of the
three gates side by side, as in the book about language; the candidate is the part z.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class TimeGRU:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, xs):
        Wx, Wh, b = self.params
        N, T, _ = xs.shape
        H = Wh.shape[0]
        h = np.zeros((N, H))
        hs, self.steps = np.zeros((N, T, H)), []
        for t in range(T):
            x = xs[:, t]
            a = x @ Wx + b
            z = sigmoid(a[:, :H] + h @ Wh[:, :H])
            r = sigmoid(a[:, H:2 * H] + h @ Wh[:, H:2 * H])
            c = np.tanh(a[:, 2 * H:] + (r * h) @ Wh[:, 2 * H:])
            self.steps.append((x, h, z, r, c))
            h = (1 - z) * h + z * c
            hs[:, t] = h
        return hs

    def backward(self, dhs):
        Wx, Wh, b = self.params
        dWx, dWh, db = self.grads
        dWx[...], dWh[...], db[...] = 0, 0, 0
        H = Wh.shape[0]
        Wz, Wr, Wc = Wh[:, :H], Wh[:, H:2 * H], Wh[:, 2 * H:]
        dxs = np.zeros((dhs.shape[0], dhs.shape[1], Wx.shape[0]))
        dh = np.zeros_like(dhs[:, 0])
        for t in reversed(range(dhs.shape[1])):
            x, h, z, r, c = self.steps[t]
            dh = dh + dhs[:, t]
            dc = dh * z * (1 - c * c)
            dz = dh * (c - h) * z * (1 - z)
            drh = dc @ Wc.T
            dr = drh * h * r * (1 - r)
            da = np.hstack((dz, dr, dc))
            dWx += x.T @ da
            db += da.sum(axis=0)
            dWh[:, :H] += h.T @ dz
            dWh[:, H:2 * H] += h.T @ dr
            dWh[:, 2 * H:] += (r * h).T @ dc
            dxs[:, t] = da @ Wx.T
            dh = drh * r + dz @ Wz.T + dr @ Wr.T
        return dxs
