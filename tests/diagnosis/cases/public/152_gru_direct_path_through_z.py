"""Truth: h = (1 - z) h_prev + z n, so the direct path to h_prev carries 1 - z; dh_prev begins with dh * z. The gates'
parts are right. (samples, time, features), all states returned.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class GRULayer:
    """handnn: layer, input_shape=(3, 2)"""

    def __init__(self, input_size=2, hidden_size=3):
        rng = np.random.RandomState(0)
        self.hidden_size = hidden_size
        for g in "rzh":
            setattr(self, "W" + g, rng.randn(input_size, hidden_size))
            setattr(self, "U" + g, rng.randn(hidden_size, hidden_size))
            setattr(self, "b" + g, rng.randn(hidden_size))

    def forward(self, x):
        h = np.zeros((x.shape[0], self.hidden_size))
        self.x, self.cache, out = x, [], []
        for t in range(x.shape[1]):
            xt, h_prev = x[:, t], h
            r = sigmoid(xt @ self.Wr + h_prev @ self.Ur + self.br)
            z = sigmoid(xt @ self.Wz + h_prev @ self.Uz + self.bz)
            n = np.tanh(xt @ self.Wh + (r * h_prev) @ self.Uh + self.bh)
            h = (1 - z) * h_prev + z * n
            self.cache.append((xt, h_prev, r, z, n))
            out.append(h)
        return np.stack(out, axis=1)

    def backward(self, grad_out):
        for g in "rzh":
            for p in "WUb":
                setattr(self, f"d{p}{g}", np.zeros_like(getattr(self, p + g)))
        dx, dh_next = np.zeros_like(self.x), 0
        for t in reversed(range(self.x.shape[1])):
            xt, h_prev, r, z, n = self.cache[t]
            dh = grad_out[:, t] + dh_next
            dn = dh * z * (1 - n**2)
            dz = dh * (n - h_prev) * z * (1 - z)
            drh = dn @ self.Uh.T
            dr = drh * h_prev * r * (1 - r)
            for g, d, s in (("r", dr, h_prev), ("z", dz, h_prev), ("h", dn, r * h_prev)):
                getattr(self, "dW" + g)[...] += xt.T @ d
                getattr(self, "dU" + g)[...] += s.T @ d
                getattr(self, "db" + g)[...] += d.sum(axis=0)
                dx[:, t] += d @ getattr(self, "W" + g).T
            dh_prev = dh * z
            dh_prev += drh * r + dr @ self.Ur.T + dz @ self.Uz.T
            dh_next = dh_prev
        return dx
