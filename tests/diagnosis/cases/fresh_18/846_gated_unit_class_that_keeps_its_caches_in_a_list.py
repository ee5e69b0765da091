"""Truth: a way back to the last state that is left out. A gated recurrent unit as a class, rows, caches in a list, a number read at the end."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class GRU:
    def __init__(self, n_in, n_hid, seed=0):
        rng = np.random.default_rng(seed)
        s = 1 / np.sqrt(n_hid)
        self.p = {}
        for gate in "zrh":
            self.p["W" + gate] = rng.uniform(-s, s, (n_in, n_hid))
            self.p["U" + gate] = rng.uniform(-s, s, (n_hid, n_hid))
            self.p["b" + gate] = np.zeros(n_hid)
        self.n_hid = n_hid

    def forward(self, xs):
        p = self.p
        h = np.zeros((xs.shape[0], self.n_hid))
        self.caches = []
        for t in range(xs.shape[1]):
            x = xs[:, t]
            z = sigmoid(x @ p["Wz"] + h @ p["Uz"] + p["bz"])
            r = sigmoid(x @ p["Wr"] + h @ p["Ur"] + p["br"])
            c = np.tanh(x @ p["Wh"] + (r * h) @ p["Uh"] + p["bh"])
            self.caches.append((x, h, z, r, c))
            h = (1 - z) * h + z * c
        return h

    def backward(self, dh):
        p = self.p
        g = {k: np.zeros_like(v) for k, v in p.items()}
        for x, h, z, r, c in reversed(self.caches):
            da_c = dh * z * (1 - c ** 2)
            da_z = dh * (c - h) * z * (1 - z)
            drh = da_c @ p["Uh"].T
            da_r = drh * h * r * (1 - r)
            g["Uh"] += (r * h).T @ da_c
            g["Uz"] += h.T @ da_z
            g["Ur"] += h.T @ da_r
            for gate, da in (("h", da_c), ("z", da_z), ("r", da_r)):
                g["W" + gate] += x.T @ da
                g["b" + gate] += da.sum(axis=0)
            dh = dh * (1 - z) + da_z @ p["Uz"].T + da_r @ p["Ur"].T
        return g


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    xs = rng.uniform(0, 1, (64, 8, 2))
    xs[:, :, 1] = rng.random((64, 8)) < 0.3
    y = (xs[:, :, 0] * xs[:, :, 1]).sum(axis=1, keepdims=True)
    gru = GRU(2, 12)
    V = rng.normal(0, 0.3, (12, 1))
    for epoch in range(301):
        h = gru.forward(xs)
        out = h @ V
        dout = (out - y) / len(y)
        grads = gru.backward(dout @ V.T)
        V -= 0.1 * h.T @ dout
        for k in gru.p:
            gru.p[k] -= 0.1 * grads[k]
        if epoch % 100 == 0:
            print("epoch", epoch, "loss", 0.5 * np.mean((out - y) ** 2))
