"""Truth: all right. A GRU (reset before the product) whose update gate keeps the OLD state, slopes taken from the
outputs, all steps of the sequence are outputs. I only passed the test for whole sequences - is anything missing between steps?
"""
import numpy as np


def sigma(v):
    return 0.5 * (1 + np.tanh(0.5 * v))


class GRU:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, d=3, h=5, seed=11):
        r = np.random.default_rng(seed)
        self.Uz, self.Ur, self.Uh = (r.normal(0, 0.4, (d, h)) for _ in range(3))
        self.Wz, self.Wr, self.Wh = (r.normal(0, 0.4, (h, h)) for _ in range(3))
        self.bz, self.br, self.bh = (r.normal(0, 0.1, h) for _ in range(3))

    def forward(self, X):
        n, T, _ = X.shape
        H = self.Wz.shape[0]
        self.X = X
        self.S = np.zeros((T + 1, n, H))
        self.Z, self.R, self.Hc = np.zeros((T, n, H)), np.zeros((T, n, H)), np.zeros((T, n, H))
        for t in range(T):
            s, x = self.S[t], X[:, t]
            self.Z[t] = sigma(x @ self.Uz + s @ self.Wz + self.bz)
            self.R[t] = sigma(x @ self.Ur + s @ self.Wr + self.br)
            self.Hc[t] = np.tanh(x @ self.Uh + (self.R[t] * s) @ self.Wh + self.bh)
            self.S[t + 1] = self.Hc[t] + self.Z[t] * (s - self.Hc[t])
        return self.S[1:].swapaxes(0, 1)

    def backward(self, grad):
        T = self.X.shape[1]
        names = "Uz Ur Uh Wz Wr Wh bz br bh".split()
        g = {k: np.zeros_like(getattr(self, k)) for k in names}
        dX = np.zeros_like(self.X)
        ds = np.zeros_like(self.S[0])
        for t in reversed(range(T)):
            s, x, z, r, c = self.S[t], self.X[:, t], self.Z[t], self.R[t], self.Hc[t]
            ds = ds + grad[:, t]
            dz = ds * (s - c) * z * (1 - z)
            dc = ds * (1 - z) * (1 - c * c)
            drs = dc @ self.Wh.T
            dr = drs * s * r * (1 - r)
            for k, d, inner in (("z", dz, s), ("r", dr, s), ("h", dc, r * s)):
                g["U" + k] += x.T @ d
                g["W" + k] += inner.T @ d
                g["b" + k] += d.sum(axis=0)
            dX[:, t] = dz @ self.Uz.T + dr @ self.Ur.T + dc @ self.Uh.T
            ds = ds * z + drs * r + dz @ self.Wz.T + dr @ self.Wr.T
        for k in names:
            setattr(self, "d" + k, g[k])
        return dX
