"""Truth: RIGHT. Here z keeps the old state, h = z * h + (1 - z) * n, so the candidate gets 1 - z and the gate h - n; the reset gate acts
on the state before the product. The last state only is given on, and the layer can read its sequence backwards.
"""
import numpy as np


class GRU:
    def __init__(self, n_in: int, n_hid: int, reverse: bool = True, seed: int = 4):
        g = np.random.default_rng(seed)
        self.reverse = reverse
        self.n_hid = n_hid
        for gate in "zrn":
            setattr(self, "W" + gate, g.normal(size=(n_in, n_hid)) * 0.4)
            setattr(self, "U" + gate, g.normal(size=(n_hid, n_hid)) * 0.4)
            setattr(self, "b" + gate, np.zeros(n_hid))

    @staticmethod
    def squash(x):
        return 1.0 / (1.0 + np.exp(-x))

    def forward(self, x):
        """x (batch, time, n_in) -> last state (batch, n_hid)"""
        self.shape = x.shape
        steps = range(x.shape[1])
        self.order = list(reversed(steps)) if self.reverse else list(steps)
        h = np.zeros((x.shape[0], self.n_hid))
        self.memo = []
        for t in self.order:
            xt = x[:, t]
            z = self.squash(xt @ self.Wz + h @ self.Uz + self.bz)
            r = self.squash(xt @ self.Wr + h @ self.Ur + self.br)
            n = np.tanh(xt @ self.Wn + (r * h) @ self.Un + self.bn)
            self.memo.append((xt, h, z, r, n))
            h = z * h + (1 - z) * n
        return h

    def backward(self, dh):
        for gate in "zrn":
            for kind in "WUb":
                setattr(self, "d" + kind + gate, np.zeros_like(getattr(self, kind + gate)))
        dx = np.zeros(self.shape)
        for t, (xt, h, z, r, n) in zip(reversed(self.order), reversed(self.memo)):
            dan = dh * (1 - z) * (1 - n * n)
            daz = dh * (h - n) * z * (1 - z)
            drh = dan @ self.Un.T
            dar = drh * h * r * (1 - r)
            self.dWz += xt.T @ daz
            self.dWr += xt.T @ dar
            self.dWn += xt.T @ dan
            self.dUz += h.T @ daz
            self.dUr += h.T @ dar
            self.dUn += (r * h).T @ dan
            self.dbz += daz.sum(axis=0)
            self.dbr += dar.sum(axis=0)
            self.dbn += dan.sum(axis=0)
            dx[:, t] = daz @ self.Wz.T + dar @ self.Wr.T + dan @ self.Wn.T
            dh = dh * z + drh * r + daz @ self.Uz.T + dar @ self.Ur.T
        return dx
