"""Truth: the cell state goes through tanh on its way to h; its slope is taken as 1 - c**2 where 1 - tanh(c)**2 belongs.
One matrix for each gate, states in dicts by time, a softmax at every step, targets as indices.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    def __init__(self, vocab_size=4, hidden_size=5):
        self.vocab_size, self.hidden_size = vocab_size, hidden_size
        z = hidden_size + vocab_size
        self.Wf = np.random.randn(hidden_size, z) * 0.3
        self.Wi = np.random.randn(hidden_size, z) * 0.3
        self.Wc = np.random.randn(hidden_size, z) * 0.3
        self.Wo = np.random.randn(hidden_size, z) * 0.3
        self.Wy = np.random.randn(vocab_size, hidden_size) * 0.3
        self.bf, self.bi = np.zeros((hidden_size, 1)), np.zeros((hidden_size, 1))
        self.bc, self.bo = np.zeros((hidden_size, 1)), np.zeros((hidden_size, 1))
        self.by = np.zeros((vocab_size, 1))

    def loss(self, inputs, targets):
        z, f, i, c_bar, o, p = {}, {}, {}, {}, {}, {}
        h, c = {-1: np.zeros((self.hidden_size, 1))}, {-1: np.zeros((self.hidden_size, 1))}
        loss = 0
        for t in range(len(inputs)):
            x = np.zeros((self.vocab_size, 1))
            x[inputs[t]] = 1
            z[t] = np.vstack((h[t - 1], x))
            f[t] = sigmoid(self.Wf @ z[t] + self.bf)
            i[t] = sigmoid(self.Wi @ z[t] + self.bi)
            c_bar[t] = np.tanh(self.Wc @ z[t] + self.bc)
            o[t] = sigmoid(self.Wo @ z[t] + self.bo)
            c[t] = f[t] * c[t - 1] + i[t] * c_bar[t]
            h[t] = o[t] * np.tanh(c[t])
            y = self.Wy @ h[t] + self.by
            p[t] = np.exp(y) / np.sum(np.exp(y))
            loss += -np.log(p[t][targets[t], 0])

        grads = {k: np.zeros_like(getattr(self, k)) for k in ("Wf", "Wi", "Wc", "Wo", "Wy", "bf", "bi", "bc", "bo", "by")}
        dh_next, dc_next = np.zeros((self.hidden_size, 1)), np.zeros((self.hidden_size, 1))
        for t in reversed(range(len(inputs))):
            dy = np.copy(p[t])
            dy[targets[t]] -= 1
            grads["Wy"] += dy @ h[t].T
            grads["by"] += dy
            dh = self.Wy.T @ dy + dh_next
            do = dh * np.tanh(c[t]) * o[t] * (1 - o[t])
            dc = dh * o[t] * (1 - c[t] ** 2) + dc_next
            dc_bar = dc * i[t] * (1 - c_bar[t] ** 2)
            di = dc * c_bar[t] * i[t] * (1 - i[t])
            df = dc * c[t - 1] * f[t] * (1 - f[t])
            for key, d in (("f", df), ("i", di), ("c", dc_bar), ("o", do)):
                grads["W" + key] += d @ z[t].T
                grads["b" + key] += d
            dz = self.Wf.T @ df + self.Wi.T @ di + self.Wc.T @ dc_bar + self.Wo.T @ do
            dh_next = dz[: self.hidden_size]
            dc_next = f[t] * dc
        return loss, grads
