"""Truth: LSTM with packed gates; the candidate passed through tanh, its slope is the sigmoid's."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, input_size=3, hidden_size=5, seed=0):
        rng = np.random.default_rng(seed)
        D, H = input_size, hidden_size
        self.H = H
        self.W = rng.normal(0, 1 / np.sqrt(D + H), (D + H, 4 * H))
        self.b = np.zeros(4 * H)
        self.b[H : 2 * H] = 1.0

    def forward(self, x):
        N, T, D = x.shape
        H = self.H
        h, c = np.zeros((N, H)), np.zeros((N, H))
        self.cache = []
        hs = np.zeros((N, T, H))
        for t in range(T):
            xh = np.hstack([x[:, t], h])
            a = xh @ self.W + self.b
            i, f = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H])
            o, g = sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H :])
            c_prev = c
            c = f * c_prev + i * g
            tc = np.tanh(c)
            h = o * tc
            hs[:, t] = h
            self.cache.append((xh, i, f, o, g, c_prev, tc))
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        D = self.W.shape[0] - H
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)
        dx = np.zeros((N, T, D))
        dh_next, dc_next = np.zeros((N, H)), np.zeros((N, H))
        for t in reversed(range(T)):
            xh, i, f, o, g, c_prev, tc = self.cache[t]
            dh = dhs[:, t] + dh_next
            dc = dc_next + dh * o * (1 - tc ** 2)
            do = dh * tc * o * (1 - o)
            di = dc * g * i * (1 - i)
            df = dc * c_prev * f * (1 - f)
            dg = dc * i * g * (1 - g)
            da = np.hstack([di, df, do, dg])
            self.dW += xh.T @ da
            self.db += da.sum(axis=0)
            dxh = da @ self.W.T
            dx[:, t] = dxh[:, :D]
            dh_next = dxh[:, D:]
            dc_next = dc * f
        return dx
