"""Truth: all is right. The output is o * s without a tanh, as in some small repositories, and the way back belongs to that. Is the
tanh of the textbook missing here, or are the gradients wrong?
"""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class LstmWithoutTanh:
    """handnn: layer, input_shape=(3, 2)"""

    def __init__(self, x_dim=2, cells=3, seed=7):
        rng = np.random.default_rng(seed)
        self.cells = cells
        self.W = rng.uniform(-0.4, 0.4, (4 * cells, x_dim + cells))
        self.b = rng.uniform(-0.1, 0.1, 4 * cells)

    def forward(self, x):
        self.x, self.nodes = x, []
        h = np.zeros((len(x), self.cells))
        s = np.zeros((len(x), self.cells))
        for t in range(x.shape[1]):
            xc = np.hstack((x[:, t], h))
            raw = xc @ self.W.T + self.b
            g, i, f, o = np.split(raw, 4, axis=1)
            g, i, f, o = np.tanh(g), sigmoid(i), sigmoid(f), sigmoid(o)
            s_prev = s
            s = g * i + s_prev * f
            h = s * o
            self.nodes.append((xc, g, i, f, o, s, s_prev))
        return h

    def backward(self, top_diff_h):
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)
        dx = np.empty_like(self.x)
        diff_h, diff_s = top_diff_h, 0.0
        for t, (xc, g, i, f, o, s, s_prev) in reversed(list(enumerate(self.nodes))):
            ds = o * diff_h + diff_s
            parts = [(1 - g ** 2) * i * ds, i * (1 - i) * g * ds, f * (1 - f) * s_prev * ds, o * (1 - o) * s * diff_h]
            d_raw = np.concatenate(parts, axis=1)
            self.dW += d_raw.T @ xc
            self.db += d_raw.sum(axis=0)
            dxc = d_raw @ self.W
            n = self.x.shape[2]
            dx[:, t], diff_h, diff_s = dxc[:, :n], dxc[:, n:], ds * f
        return dx
