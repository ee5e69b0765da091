"""Truth: dW_hh needs the state of the step before, self.hs[t]; with self.hs[t + 1] (hs[0] is the initial state) it is that of
the same step. Lists of column vectors, kept by the object.
"""
import numpy as np


class RNN:
    def __init__(self, vocab=4, hidden=5):
        self.W_xh = np.random.randn(hidden, vocab) * 0.3
        self.W_hh = np.random.randn(hidden, hidden) * 0.3
        self.W_hy = np.random.randn(vocab, hidden) * 0.3
        self.b_h = np.zeros((hidden, 1))
        self.b_y = np.zeros((vocab, 1))
        self.hidden = hidden

    def forward(self, xs):
        self.xs, self.hs, self.ys = xs, [np.zeros((self.hidden, 1))], []
        for x in xs:
            h = np.tanh(self.W_xh @ x + self.W_hh @ self.hs[-1] + self.b_h)
            self.hs.append(h)
            self.ys.append(self.W_hy @ h + self.b_y)
        return self.ys

    def backward(self, d_ys):
        self.dW_xh, self.dW_hh, self.dW_hy = (np.zeros_like(w) for w in (self.W_xh, self.W_hh, self.W_hy))
        self.db_h, self.db_y = np.zeros_like(self.b_h), np.zeros_like(self.b_y)
        d_h = np.zeros((self.hidden, 1))
        for t in reversed(range(len(d_ys))):
            d_y = d_ys[t]
            self.dW_hy += d_y @ self.hs[t + 1].T
            self.db_y += d_y
            d_h = d_h + self.W_hy.T @ d_y
            d_raw = (1 - self.hs[t + 1] ** 2) * d_h
            self.dW_xh += d_raw @ self.xs[t].T
            self.dW_hh += d_raw @ self.hs[t + 1].T
            self.db_h += d_raw
            d_h = self.W_hh.T @ d_raw
