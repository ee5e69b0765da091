"""Truth: the hidden state's gradient is that of its own output only, what the next step sends back through Whh is missing.
It learns, but never a pattern longer than one character. Somebody wrote that the backward pass looks wrong, is it?
"""
import numpy as np


class RNN:
    def __init__(self, n_in, n_hidden, n_out, seed=2):
        rng = np.random.default_rng(seed)
        self.Wxh = rng.standard_normal((n_hidden, n_in)) * 0.3
        self.Whh = rng.standard_normal((n_hidden, n_hidden)) * 0.3
        self.Wyh = rng.standard_normal((n_out, n_hidden)) * 0.3
        self.Bh = np.zeros(n_hidden)
        self.By = np.zeros(n_out)

    def forward(self, x):
        T = x.shape[1]
        h = {-1: np.zeros(self.Bh.shape)}
        output = []
        for t in range(T):
            h[t] = np.tanh(np.dot(self.Wxh, x[:, t]) + np.dot(self.Whh, h[t - 1]) + self.Bh)
            o = np.dot(self.Wyh, h[t]) + self.By
            e = np.exp(o - o.max())
            output.append(e / e.sum())
        return h, output

    def loss(self, x, y):
        h, output = self.forward(x)
        return -sum(np.dot(y[:, t], np.log(output[t])) for t in range(x.shape[1]))

    def backward(self, x, y, h, output):
        T = x.shape[1]
        D_Wxh, D_Whh, D_Wyh = np.zeros_like(self.Wxh), np.zeros_like(self.Whh), np.zeros_like(self.Wyh)
        D_Bh, D_By = np.zeros_like(self.Bh), np.zeros_like(self.By)
        for t in range(T - 1, -1, -1):
            dQ = output[t] - y[:, t]
            D_Wyh += np.outer(dQ, h[t])
            D_By += dQ
            dL_h = np.dot(self.Wyh.T, dQ)
            dt = (1 - h[t] * h[t]) * dL_h
            D_Wxh += np.outer(dt, x[:, t])
            D_Whh += np.outer(dt, h[t - 1])
            D_Bh += dt
        return D_Wxh, D_Whh, D_Wyh, D_Bh, D_By

    def train_step(self, x, y, lr=0.05):
        h, output = self.forward(x)
        D_Wxh, D_Whh, D_Wyh, D_Bh, D_By = self.backward(x, y, h, output)
        self.Wxh -= lr * D_Wxh
        self.Whh -= lr * D_Whh
        self.Wyh -= lr * D_Wyh
        self.Bh -= lr * D_Bh
        self.By -= lr * D_By


if __name__ == "__main__":
    ids = [0, 1, 2, 1, 0, 3, 0, 1]
    eye = np.eye(4)
    x, y = eye[:, ids[:-1]], eye[:, ids[1:]]
    rnn = RNN(4, 6, 4)
    for i in range(100):
        rnn.train_step(x, y)
    print(rnn.loss(x, y))
