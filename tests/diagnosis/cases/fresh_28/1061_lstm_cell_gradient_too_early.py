"""Truth: the cell state's gradient that goes to the step before is made of next_c's alone; what came down through
tanh(next_c) is added to dc, but not handed on. One step agrees to 1e-9, the whole sequence does not: 0.05 for dx.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    """All hidden states are returned, x is (N, T, D). handnn: layer, input_shape=(4, 3)"""

    def __init__(self, D=3, H=5):
        rng = np.random.default_rng(0)
        self.Wx = rng.normal(0, 0.4, (D, 4 * H))
        self.Wh = rng.normal(0, 0.4, (H, 4 * H))
        self.b = np.zeros(4 * H)

    def step(self, x, prev_h, prev_c):
        H = prev_h.shape[1]
        a = x.dot(self.Wx) + prev_h.dot(self.Wh) + self.b
        i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H:2 * H]), sigmoid(a[:, 2 * H:3 * H])
        g = np.tanh(a[:, 3 * H:])
        next_c = f * prev_c + i * g
        next_h = o * np.tanh(next_c)
        return next_h, next_c, (x, prev_h, prev_c, i, f, o, g, next_c)

    def step_back(self, dnext_h, dnext_c, cache):
        x, prev_h, prev_c, i, f, o, g, next_c = cache
        tanh_c = np.tanh(next_c)
        dprev_c = dnext_c * f
        dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
        da = np.hstack([dc * g * i * (1 - i),
                        dc * prev_c * f * (1 - f),
                        dnext_h * tanh_c * o * (1 - o),
                        dc * i * (1 - g ** 2)])
        return da.dot(self.Wx.T), da.dot(self.Wh.T), dprev_c, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)

    def forward(self, x):
        N, T, D = x.shape
        h = c = np.zeros((N, self.Wh.shape[0]))
        self.caches, hs = [], np.zeros((N, T, self.Wh.shape[0]))
        for t in range(T):
            h, c, cache = self.step(x[:, t], h, c)
            hs[:, t] = h
            self.caches.append(cache)
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        dx = np.zeros((N, T, self.Wx.shape[0]))
        self.dWx, self.dWh, self.db = np.zeros_like(self.Wx), np.zeros_like(self.Wh), np.zeros_like(self.b)
        dh, dc = np.zeros((N, H)), np.zeros((N, H))
        for t in reversed(range(T)):
            dx[:, t], dh, dc, dWx, dWh, db = self.step_back(dhs[:, t] + dh, dc, self.caches[t])
            self.dWx += dWx
            self.dWh += dWh
            self.db += db
        return dx
