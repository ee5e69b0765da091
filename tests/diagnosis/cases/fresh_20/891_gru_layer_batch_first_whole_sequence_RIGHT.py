"""Truth: right. A GRU layer over whole sequences, batch first, the three gates stacked in one matrix, and a dense layer for the last state."""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class GRULayer:
    def __init__(self, input_dim, hidden_dim, rng):
        H = hidden_dim
        self.H = H
        self.params = {
            "W": rng.normal(0, 1 / np.sqrt(input_dim), (input_dim, 3 * H)),
            "U": rng.normal(0, 1 / np.sqrt(H), (H, 3 * H)),
            "b": np.zeros(3 * H),
        }
        self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}

    def forward(self, X):
        N, T, _ = X.shape
        H = self.H
        W, U, b = self.params["W"], self.params["U"], self.params["b"]
        h = np.zeros((N, H))
        out = np.zeros((N, T, H))
        self.X = X
        self.cache = []
        for t in range(T):
            a = X[:, t] @ W + b
            zr = sigmoid(a[:, :2 * H] + h @ U[:, :2 * H])
            z, r = zr[:, :H], zr[:, H:]
            rh = r * h
            n = np.tanh(a[:, 2 * H:] + rh @ U[:, 2 * H:])
            self.cache.append((h, z, r, rh, n))
            h = (1 - z) * h + z * n
            out[:, t] = h
        return out

    def backward(self, dout):
        N, T, H = dout.shape
        W, U = self.params["W"], self.params["U"]
        for g in self.grads.values():
            g[...] = 0
        dX = np.zeros_like(self.X)
        dh = np.zeros((N, H))
        for t in range(T - 1, -1, -1):
            h_prev, z, r, rh, n = self.cache[t]
            dh = dh + dout[:, t]
            dn = dh * z * (1 - n ** 2)
            dz = dh * (n - h_prev) * z * (1 - z)
            drh = dn @ U[:, 2 * H:].T
            dr = drh * h_prev * r * (1 - r)
            dzr = np.hstack((dz, dr))
            da = np.hstack((dzr, dn))

            self.grads["W"] += self.X[:, t].T @ da
            self.grads["b"] += da.sum(axis=0)
            self.grads["U"][:, :2 * H] += h_prev.T @ dzr
            self.grads["U"][:, 2 * H:] += rh.T @ dn
            dX[:, t] = da @ W.T
            dh = dh * (1 - z) + drh * r + dzr @ U[:, :2 * H].T
        return dX


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.params = {"W": rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_out)), "b": np.zeros(n_out)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["W"].T


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    X = rng.normal(size=(32, 6, 2))
    y = X[:, :, 0].sum(axis=1, keepdims=True)
    gru, head = GRULayer(2, 8, rng), Dense(8, 1, rng)
    for epoch in range(150):
        states = gru.forward(X)
        pred = head.forward(states[:, -1])
        dpred = (pred - y) / len(X)
        dstates = np.zeros_like(states)
        dstates[:, -1] = head.backward(dpred)
        gru.backward(dstates)
        for layer in (gru, head):
            for k in layer.params:
                layer.params[k] -= 0.1 * layer.grads[k]
    print(0.5 * np.mean((pred - y) ** 2))
