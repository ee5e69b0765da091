"""Truth: the reset gate multiplies the state before; its gradient is taken with H[:, t] (the state after) instead of the state before."""
import numpy as np


def sig(v):
    return 1 / (1 + np.exp(-v))


class GRULayer:
    def __init__(self, d=3, h=4):
        def init(*shape):
            return np.random.randn(*shape) / np.sqrt(shape[0])

        self.Uz, self.Ur, self.Uh = init(d, h), init(d, h), init(d, h)
        self.Wz, self.Wr, self.Wh = init(h, h), init(h, h), init(h, h)
        self.bz, self.br, self.bh = np.zeros(h), np.zeros(h), np.zeros(h)

    def forward(self, X):
        N, T, _ = X.shape
        units = len(self.bz)
        self.X, self.H = X, np.zeros((N, T, units))
        self.Z, self.R, self.C = (np.zeros((N, T, units)) for _ in range(3))
        s = np.zeros((N, units))
        for t in range(T):
            x = X[:, t]
            self.Z[:, t] = sig(x @ self.Uz + s @ self.Wz + self.bz)
            self.R[:, t] = sig(x @ self.Ur + s @ self.Wr + self.br)
            self.C[:, t] = np.tanh(x @ self.Uh + (self.R[:, t] * s) @ self.Wh + self.bh)
            s = (1 - self.Z[:, t]) * self.C[:, t] + self.Z[:, t] * s
            self.H[:, t] = s
        return self.H

    def backward(self, dH):
        for name in ("Uz", "Ur", "Uh", "Wz", "Wr", "Wh", "bz", "br", "bh"):
            setattr(self, "d" + name, np.zeros_like(getattr(self, name)))
        dX, ds = np.zeros_like(self.X), np.zeros_like(dH[:, 0])
        for t in range(dH.shape[1] - 1, -1, -1):
            prev = self.H[:, t - 1] if t > 0 else np.zeros_like(ds)
            z, r, c, x = self.Z[:, t], self.R[:, t], self.C[:, t], self.X[:, t]
            ds = ds + dH[:, t]
            dc = ds * (1 - z) * (1 - c**2)
            dz = ds * (prev - c) * z * (1 - z)
            drs = dc @ self.Wh.T
            dr = drs * self.H[:, t] * r * (1 - r)
            self.dUz += x.T @ dz
            self.dUr += x.T @ dr
            self.dUh += x.T @ dc
            self.dWz += prev.T @ dz
            self.dWr += prev.T @ dr
            self.dWh += (r * prev).T @ dc
            self.dbz += dz.sum(0)
            self.dbr += dr.sum(0)
            self.dbh += dc.sum(0)
            dX[:, t] = dz @ self.Uz.T + dr @ self.Ur.T + dc @ self.Uh.T
            ds = ds * z + drs * r + dz @ self.Wz.T + dr @ self.Wr.T
        return dX
