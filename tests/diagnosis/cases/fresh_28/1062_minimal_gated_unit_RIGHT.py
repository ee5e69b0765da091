"""Truth: all right. A recurrent cell with one gate (forget and update at once), from the paper on minimal gated units. The
gate's gradient has a part through the candidate as well: is it counted twice? (No, both parts are needed.)
"""
import numpy as np


def sigma(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


class MGU:
    """Last state of the sequence; x is (samples, time, features).

    handnn: layer, input_shape=(4, 2)
    """

    def __init__(self, n_in=2, n_units=3, seed=7):
        rng = np.random.default_rng(seed)
        self.Wf, self.Wh = rng.normal(0, 0.5, (2, n_in, n_units))
        self.Uf, self.Uh = rng.normal(0, 0.5, (2, n_units, n_units))
        self.bf, self.bh = np.ones(n_units), np.zeros(n_units)

    def forward(self, x):
        h = np.zeros((x.shape[0], self.bf.size))
        self.tape = []
        for x_t in x.transpose(1, 0, 2):
            f = sigma(x_t @ self.Wf + h @ self.Uf + self.bf)
            cand = np.tanh(x_t @ self.Wh + (f * h) @ self.Uh + self.bh)
            self.tape.append((x_t, h, f, cand))
            h = h + f * (cand - h)
        return h

    def backward(self, dh):
        names = ("Wf", "Uf", "bf", "Wh", "Uh", "bh")
        for name in names:
            setattr(self, "d" + name, np.zeros_like(getattr(self, name)))
        dxs = []
        while self.tape:
            x_t, h, f, cand = self.tape.pop()
            a_h = dh * f * (1 - cand ** 2)
            d_fh = a_h @ self.Uh.T
            a_f = (dh * (cand - h) + d_fh * h) * f * (1 - f)
            self.dWh += x_t.T @ a_h
            self.dUh += (f * h).T @ a_h
            self.dbh += a_h.sum(0)
            self.dWf += x_t.T @ a_f
            self.dUf += h.T @ a_f
            self.dbf += a_f.sum(0)
            dxs.append(a_h @ self.Wh.T + a_f @ self.Wf.T)
            dh = dh * (1 - f) + d_fh * f + a_f @ self.Uf.T
        return np.stack(dxs[::-1], axis=1)
