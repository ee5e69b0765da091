"""Truth: at t = 0 the list's h[t - 1] is h[-1], the LAST state, where the zeros before the first step belong. After the fix
somebody proposed, the gradients of Wxh and Wyh check, only Whh is a little off - and less so for long texts. Why?
"""
import numpy as np


class CharRNN:
    def __init__(self, vocab, hidden, seed=0):
        rng = np.random.RandomState(seed)
        self.Wxh = rng.randn(hidden, vocab) * 0.4
        self.Whh = rng.randn(hidden, hidden) * 0.4
        self.Why = rng.randn(vocab, hidden) * 0.4
        self.bh = np.zeros(hidden)
        self.by = np.zeros(vocab)

    def forward(self, x):
        h_prev = np.zeros_like(self.bh)
        h, p = [], []
        for t in range(len(x)):
            h_prev = np.tanh(self.Wxh[:, x[t]] + np.dot(self.Whh, h_prev) + self.bh)
            scores = np.dot(self.Why, h_prev) + self.by
            scores = np.exp(scores - np.max(scores))
            h.append(h_prev)
            p.append(scores / np.sum(scores))
        return h, p

    def loss(self, x, y):
        h, p = self.forward(x)
        return -sum(np.log(p[t][y[t]]) for t in range(len(y)))

    def bptt(self, x, y):
        T = len(x)
        h, p = self.forward(x)
        dWxh, dWhh, dWhy = np.zeros_like(self.Wxh), np.zeros_like(self.Whh), np.zeros_like(self.Why)
        dbh, dby = np.zeros_like(self.bh), np.zeros_like(self.by)
        dh_next = np.zeros_like(self.bh)
        for t in range(T - 1, -1, -1):
            dy = p[t].copy()
            dy[y[t]] -= 1
            dWhy += np.outer(dy, h[t])
            dby += dy
            dh = np.dot(self.Why.T, dy) + dh_next
            dt = (1 - h[t] * h[t]) * dh
            dWxh[:, x[t]] += dt
            dbh += dt
            dWhh += np.outer(dt, h[t - 1])
            dh_next = np.dot(self.Whh.T, dt)
        return dWxh, dWhh, dWhy, dbh, dby

    def step(self, x, y, lr=0.1):
        for w, dw in zip((self.Wxh, self.Whh, self.Why, self.bh, self.by), self.bptt(x, y)):
            w -= lr * dw


if __name__ == "__main__":
    text = "hello hell"
    chars = sorted(set(text))
    ids = [chars.index(c) for c in text]
    rnn = CharRNN(len(chars), 6)
    for i in range(100):
        rnn.step(ids[:-1], ids[1:])
    print(rnn.loss(ids[:-1], ids[1:]))
