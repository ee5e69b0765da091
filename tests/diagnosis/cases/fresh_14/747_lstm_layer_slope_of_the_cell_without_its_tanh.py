"""Truth: the slope of tanh(c) is 1 - tanh(c)^2; taken is 1 - c^2, as if the cell were the tanh already. A layer of a library with
sequences in rows, the four gates side by side in one matrix, in the order input, forget, output, candidate.
"""
import numpy as np


def _sigm(v):
    return 0.5 * (1 + np.tanh(0.5 * v))


class LSTMLayer:
    def __init__(self, n_in, n_units, rng=None):
        rng = np.random.default_rng(0) if rng is None else rng
        self.n_units = n_units
        self.params = {
            "W": rng.normal(size=(n_in + n_units, 4 * n_units)) / np.sqrt(n_in + n_units),
            "b": np.zeros(4 * n_units),
        }
        self.params["b"][n_units:2 * n_units] = 1.0
        self.grads = {}

    def forward(self, xs):
        """ xs (N, T, D) to the states (N, T, H) """
        N, T, _ = xs.shape
        H = self.n_units
        h, c = np.zeros((N, H)), np.zeros((N, H))
        self.tape = []
        outs = np.empty((N, T, H))
        for t in range(T):
            joined = np.hstack([xs[:, t], h])
            z = joined @ self.params["W"] + self.params["b"]
            i, f, o = _sigm(z[:, :H]), _sigm(z[:, H:2 * H]), _sigm(z[:, 2 * H:3 * H])
            g = np.tanh(z[:, 3 * H:])
            c_old, c = c, f * c + i * g
            h = o * np.tanh(c)
            outs[:, t] = h
            self.tape.append((joined, i, f, o, g, c_old, c))
        return outs

    def backward(self, douts):
        N, T, H = douts.shape
        W = self.params["W"]
        D = W.shape[0] - H
        dW, db = np.zeros_like(W), np.zeros(4 * H)
        dxs = np.empty((N, T, D))
        dh_next, dc_next = np.zeros((N, H)), np.zeros((N, H))
        while self.tape:
            joined, i, f, o, g, c_old, c = self.tape.pop()
            t = len(self.tape)
            dh = douts[:, t] + dh_next
            dc = dc_next + dh * o * (1 - c ** 2)
            dz = np.hstack([
                dc * g * i * (1 - i),
                dc * c_old * f * (1 - f),
                dh * np.tanh(c) * o * (1 - o),
                dc * i * (1 - g ** 2),
            ])
            dW += joined.T @ dz
            db += dz.sum(axis=0)
            djoined = dz @ W.T
            dxs[:, t], dh_next = djoined[:, :D], djoined[:, D:]
            dc_next = dc * f
        self.grads = {"W": dW, "b": db}
        return dxs
