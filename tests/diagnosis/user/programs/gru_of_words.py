"""Words are places in a table, read one by one; backward takes what forward kept."""

import numpy as np

def sigmoid(x): return 1/(1+np.exp(-x))

class GRU:
    def __init__(self, n_in, n_h, n_out, seed=0):
        rng = np.random.RandomState(seed)
        s = 0.3
        self.Wz, self.Uz, self.bz = rng.randn(n_h, n_in)*s, rng.randn(n_h, n_h)*s, np.zeros((n_h,1))
        self.Wr, self.Ur, self.br = rng.randn(n_h, n_in)*s, rng.randn(n_h, n_h)*s, np.zeros((n_h,1))
        self.Wh, self.Uh, self.bh = rng.randn(n_h, n_in)*s, rng.randn(n_h, n_h)*s, np.zeros((n_h,1))
        self.Wy, self.by = rng.randn(n_out, n_h)*s, np.zeros((n_out,1))

    def forward(self, inputs, targets, hprev):
        x, z, r, hbar, h, y, p = {}, {}, {}, {}, {}, {}, {}
        h[-1] = np.copy(hprev)
        loss = 0
        for t in range(len(inputs)):
            x[t] = np.zeros((self.Wz.shape[1], 1))
            x[t][inputs[t]] = 1
            z[t] = sigmoid(self.Wz @ x[t] + self.Uz @ h[t-1] + self.bz)
            r[t] = sigmoid(self.Wr @ x[t] + self.Ur @ h[t-1] + self.br)
            hbar[t] = np.tanh(self.Wh @ x[t] + self.Uh @ (r[t]*h[t-1]) + self.bh)
            h[t] = z[t]*h[t-1] + (1-z[t])*hbar[t]
            y[t] = self.Wy @ h[t] + self.by
            p[t] = np.exp(y[t]) / np.sum(np.exp(y[t]))
            loss += -np.sum(np.log(p[t][targets[t]]))
        return loss, (x, z, r, hbar, h, p)

    def backward(self, inputs, targets, cache):
        x, z, r, hbar, h, p = cache
        g = {k: np.zeros_like(v) for k, v in self.__dict__.items()}
        dhnext = np.zeros_like(h[0])
        for t in reversed(range(len(inputs))):
            dy = np.copy(p[t]); dy[targets[t]] -= 1
            g['Wy'] += dy @ h[t].T; g['by'] += dy
            dh = self.Wy.T @ dy + dhnext
            dhbar = dh * (1 - z[t])
            dhbar_l = dhbar * (1 - hbar[t]**2)
            g['Wh'] += dhbar_l @ x[t].T
            g['Uh'] += dhbar_l @ (r[t]*h[t-1]).T
            g['bh'] += dhbar_l
            drhp = self.Uh.T @ dhbar_l
            dr = drhp * h[t-1]
            dr_l = dr * r[t]*(1-r[t])
            g['Wr'] += dr_l @ x[t].T; g['Ur'] += dr_l @ h[t-1].T; g['br'] += dr_l
            dz = dh * (h[t-1] - hbar[t])
            dz_l = dz * z[t]*(1-z[t])
            g['Wz'] += dz_l @ x[t].T; g['Uz'] += dz_l @ h[t-1].T; g['bz'] += dz_l
            dhnext = self.Uz.T @ dz_l + drhp*r[t] + dh*z[t] + self.Ur.T @ dr_l
        return g
