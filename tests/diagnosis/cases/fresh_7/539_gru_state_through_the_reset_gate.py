"""Truth: dh_prev lacks what comes through the weighted input of the reset gate: d_r @ U_r.T is not added. Rows, a cell of one step."""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class GRUCell:
    def __init__(self, n_in=3, n_hidden=4):
        rng = np.random.RandomState(7)
        self.Wz, self.Wr, self.Wh = [rng.randn(n_in, n_hidden) * 0.4 for _ in range(3)]
        self.Uz, self.Ur, self.Uh = [rng.randn(n_hidden, n_hidden) * 0.4 for _ in range(3)]
        self.bz, self.br, self.bh = [rng.randn(n_hidden) * 0.1 for _ in range(3)]

    def forward(self, x, h_prev):
        z = sigmoid(x @ self.Wz + h_prev @ self.Uz + self.bz)
        r = sigmoid(x @ self.Wr + h_prev @ self.Ur + self.br)
        h_tilde = np.tanh(x @ self.Wh + (r * h_prev) @ self.Uh + self.bh)
        h = (1 - z) * h_prev + z * h_tilde
        self.cache = (x, h_prev, z, r, h_tilde)
        return h

    def backward(self, dh):
        x, h_prev, z, r, h_tilde = self.cache
        dh_tilde = dh * z
        d_h = dh_tilde * (1 - h_tilde**2)
        dz = dh * (h_tilde - h_prev)
        d_z = dz * z * (1 - z)
        drh = d_h @ self.Uh.T
        dr = drh * h_prev
        d_r = dr * r * (1 - r)
        self.dWz, self.dWr, self.dWh = x.T @ d_z, x.T @ d_r, x.T @ d_h
        self.dUz, self.dUr, self.dUh = h_prev.T @ d_z, h_prev.T @ d_r, (r * h_prev).T @ d_h
        self.dbz, self.dbr, self.dbh = d_z.sum(axis=0), d_r.sum(axis=0), d_h.sum(axis=0)
        dh_prev = dh * (1 - z) + drh * r + d_z @ self.Uz.T
        dx = d_z @ self.Wz.T + d_r @ self.Wr.T + d_h @ self.Wh.T
        return dx, dh_prev
