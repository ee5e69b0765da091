"""Truth: the FORWARD pass is wrong: the candidate h_tilde is made of [x, h]; the state must be multiplied by the reset
gate first, [x, r * h]: r is computed and used nowhere. The backward pass fits this forward pass (r gets no gradient).
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class GRU:
    """handnn: layer GRU(3, reset_after=False, return_sequences=True), input_shape=(3, 2)"""

    def __init__(self, input_size=2, hidden_size=3):
        rng = np.random.RandomState(0)
        self.hidden_size = hidden_size
        self.params = {k: rng.randn(input_size + hidden_size, hidden_size) for k in ("zl", "rl", "hl")}
        self.bias = {k: rng.randn(hidden_size) for k in self.params}

    def step(self, x, h):
        combined = np.concatenate((x, h), axis=1)
        z = sigmoid(combined @ self.params["zl"] + self.bias["zl"])
        r = sigmoid(combined @ self.params["rl"] + self.bias["rl"])
        h_tilde = np.tanh(combined @ self.params["hl"] + self.bias["hl"])
        h_new = z * h + (1 - z) * h_tilde
        return h_new, (combined, h, z, h_tilde)

    def forward(self, X):
        h = np.zeros((X.shape[0], self.hidden_size))
        self.saved, outputs = [], []
        for t in range(X.shape[1]):
            h, saved = self.step(X[:, t], h)
            self.saved.append(saved)
            outputs.append(h)
        return np.stack(outputs, axis=1)

    def backward(self, dH):
        self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.bias_grads = {k: np.zeros_like(v) for k, v in self.bias.items()}
        dX, dh = [], 0
        for t in reversed(range(dH.shape[1])):
            combined, h, z, h_tilde = self.saved[t]
            dh = dH[:, t] + dh
            dz = dh * (h - h_tilde) * z * (1 - z)
            dh_tilde = dh * (1 - z) * (1 - h_tilde**2)
            for k, d in (("zl", dz), ("hl", dh_tilde)):
                self.grads[k] += combined.T @ d
                self.bias_grads[k] += d.sum(axis=0)
            dcombined = dz @ self.params["zl"].T + dh_tilde @ self.params["hl"].T
            dX.insert(0, dcombined[:, : -self.hidden_size])
            dh = dh * z + dcombined[:, -self.hidden_size :]
        return np.stack(dX, axis=1)
