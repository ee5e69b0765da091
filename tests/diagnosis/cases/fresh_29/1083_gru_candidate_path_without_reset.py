"""Truth: the candidate sees r * h_prev; on the way back its path to h_prev is not multiplied by r. The gradient of the last step is
fine, with more steps the difference grows - exploding gradients or an error?
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class GRU:
    def __init__(self, n_in, n_h, n_out, seed=3):
        rng = np.random.default_rng(seed)
        self.p = {}
        for gate in "zrh":
            self.p["W" + gate] = rng.normal(0, 0.5, (n_h, n_in))
            self.p["U" + gate] = rng.normal(0, 0.5, (n_h, n_h))
            self.p["b" + gate] = np.zeros((n_h, 1))
        self.p["V"] = rng.normal(0, 0.5, (n_out, n_h))
        self.n_h = n_h

    def forward(self, xs):
        p = self.p
        h = np.zeros((self.n_h, 1))
        self.cache, self.outputs = [], []
        for x in xs:
            z = sigmoid(p["Wz"] @ x + p["Uz"] @ h + p["bz"])
            r = sigmoid(p["Wr"] @ x + p["Ur"] @ h + p["br"])
            hh = np.tanh(p["Wh"] @ x + p["Uh"] @ (r * h) + p["bh"])
            h_prev, h = h, (1 - z) * h + z * hh
            self.cache.append((x, h_prev, z, r, hh, h))
            self.outputs.append(p["V"] @ h)
        return self.outputs

    def loss(self, xs, ys):
        return sum(0.5 * np.sum((o - y) ** 2) for o, y in zip(self.forward(xs), ys))

    def backward(self, ys):
        p = self.p
        g = {name: np.zeros_like(value) for name, value in p.items()}
        dh_next = np.zeros((self.n_h, 1))
        for t in reversed(range(len(ys))):
            x, h_prev, z, r, hh, h = self.cache[t]
            do = self.outputs[t] - ys[t]
            g["V"] += do @ h.T
            dh = p["V"].T @ do + dh_next
            dhh = dh * z * (1 - hh ** 2)
            dz = dh * (hh - h_prev) * z * (1 - z)
            drh = p["Uh"].T @ dhh
            dr = drh * h_prev * r * (1 - r)
            for gate, d, inside in (("z", dz, h_prev), ("r", dr, h_prev), ("h", dhh, r * h_prev)):
                g["W" + gate] += d @ x.T
                g["U" + gate] += d @ inside.T
                g["b" + gate] += d
            dh_next = dh * (1 - z)
            dh_next += drh
            dh_next += p["Uz"].T @ dz
            dh_next += p["Ur"].T @ dr
        return g


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    xs = [rng.standard_normal((2, 1)) for _ in range(6)]
    ys = [np.tanh(sum(xs[:t + 1])) for t in range(6)]
    net = GRU(2, 5, 2)
    for epoch in range(200):
        loss = net.loss(xs, ys)
        for name, grad in net.backward(ys).items():
            net.p[name] -= 0.05 * grad
    print(loss)
