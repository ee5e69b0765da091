"""Truth: RIGHT. One hot inside, states by time in dicts, gradients clipped far out."""
import numpy as np


class CharRNN:
    def __init__(self, vocab_size=5, hidden=4):
        self.vocab_size, self.hidden = vocab_size, hidden
        self.U = np.random.uniform(-0.5, 0.5, (hidden, vocab_size))
        self.W = np.random.uniform(-0.5, 0.5, (hidden, hidden))
        self.V = np.random.uniform(-0.5, 0.5, (vocab_size, hidden))
        self.b, self.c = np.zeros(hidden), np.zeros(vocab_size)

    def forward_prop(self, x):
        s, p = {-1: np.zeros(self.hidden)}, {}
        for t in range(len(x)):
            s[t] = np.tanh(self.U[:, x[t]] + self.W @ s[t - 1] + self.b)
            e = np.exp(self.V @ s[t] + self.c)
            p[t] = e / e.sum()
        return s, p

    def calculate_loss(self, x, y):
        _, p = self.forward_prop(x)
        return -sum(np.log(p[t][y[t]]) for t in range(len(x)))

    def bptt(self, x, y):
        s, p = self.forward_prop(x)
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        db, dc = np.zeros_like(self.b), np.zeros_like(self.c)
        ds_next = np.zeros(self.hidden)
        for t in reversed(range(len(x))):
            do = p[t].copy()
            do[y[t]] -= 1.0
            dV += np.outer(do, s[t])
            dc += do
            dz = (self.V.T @ do + ds_next) * (1 - s[t] ** 2)
            dU[:, x[t]] += dz
            dW += np.outer(dz, s[t - 1])
            db += dz
            ds_next = self.W.T @ dz
        for g in (dU, dW, dV, db, dc):
            np.clip(g, -25, 25, out=g)
        return dU, dW, dV, db, dc
