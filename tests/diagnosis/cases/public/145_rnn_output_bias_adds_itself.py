"""Truth: `dc += dc` adds the (zero) gradient of the output bias to itself, so c is never trained; dy belongs there.
Characters as one-hot columns, dicts by time step, tanh, softmax.
"""
import numpy as np


class RNN:
    def __init__(self, hidden_size=4, vocab_size=3, seq_length=4):
        self.hidden_size, self.vocab_size, self.seq_length = hidden_size, vocab_size, seq_length
        self.U = np.random.uniform(-np.sqrt(1 / vocab_size), np.sqrt(1 / vocab_size), (hidden_size, vocab_size))
        self.V = np.random.uniform(-np.sqrt(1 / hidden_size), np.sqrt(1 / hidden_size), (vocab_size, hidden_size))
        self.W = np.random.uniform(-np.sqrt(1 / hidden_size), np.sqrt(1 / hidden_size), (hidden_size, hidden_size))
        self.b = np.zeros((hidden_size, 1))
        self.c = np.zeros((vocab_size, 1))

    def softmax(self, x):
        p = np.exp(x - np.max(x))
        return p / np.sum(p)

    def forward(self, inputs, hprev):
        xs, hs, os, ycap = {}, {}, {}, {}
        hs[-1] = np.copy(hprev)
        for t in range(len(inputs)):
            xs[t] = np.zeros((self.vocab_size, 1))
            xs[t][inputs[t]] = 1
            hs[t] = np.tanh(np.dot(self.U, xs[t]) + np.dot(self.W, hs[t - 1]) + self.b)
            os[t] = np.dot(self.V, hs[t]) + self.c
            ycap[t] = self.softmax(os[t])
        return xs, hs, ycap

    def loss(self, ps, targets):
        return sum(-np.log(ps[t][targets[t], 0]) for t in range(len(targets)))

    def backward(self, xs, hs, ps, targets):
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        db, dc = np.zeros_like(self.b), np.zeros_like(self.c)
        dhnext = np.zeros_like(hs[0])
        for t in reversed(range(len(targets))):
            dy = np.copy(ps[t])
            dy[targets[t]] -= 1
            dV += np.dot(dy, hs[t].T)
            dc += dc
            dh = np.dot(self.V.T, dy) + dhnext
            dhrec = (1 - hs[t] * hs[t]) * dh
            db += dhrec
            dU += np.dot(dhrec, xs[t].T)
            dW += np.dot(dhrec, hs[t - 1].T)
            dhnext = np.dot(self.W.T, dhrec)
        return dU, dW, dV, db, dc
