"""Truth: RIGHT. 'The order of the gates differs between forward and backward' was feared: it is i, f, o, g in both. One sample a step,
columns, a cell object with caches.
"""
import numpy as np


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


class LSTMCell:
    def __init__(self, n_x=3, n_h=4):
        self.n_h = n_h
        self.W = np.random.randn(4 * n_h, n_x + n_h) * 0.4
        self.b = np.zeros((4 * n_h, 1))

    def forward(self, x, h, c):
        H = self.n_h
        v = np.vstack([x, h])
        a = self.W @ v + self.b
        i, f, o = sigmoid(a[:H]), sigmoid(a[H : 2 * H]), sigmoid(a[2 * H : 3 * H])
        g = np.tanh(a[3 * H :])
        c_next = f * c + i * g
        h_next = o * np.tanh(c_next)
        self.cache = (v, i, f, o, g, c, c_next, len(x))
        return h_next, c_next

    def backward(self, dh_next, dc_next):
        v, i, f, o, g, c, c_next, n_x = self.cache
        tc = np.tanh(c_next)
        dc = dc_next + dh_next * o * (1 - tc**2)
        da = np.vstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dh_next * tc * o * (1 - o), dc * i * (1 - g**2)])
        self.dW = da @ v.T
        self.db = da.sum(axis=1, keepdims=True)
        dv = self.W.T @ da
        return dv[:n_x], dv[n_x:], dc * f
