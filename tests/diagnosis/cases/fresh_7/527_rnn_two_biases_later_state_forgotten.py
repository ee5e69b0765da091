"""Truth: the gradient of the later step's state is not handed on: dL_h of a step has the output's part only. Two biases for one
sum, columns of time, updates inside, squared errors.
"""
import numpy as np


class RNN:
    def __init__(self, n_in=3, n_hidden=4, n_out=2):
        rng = np.random.RandomState(2)
        self.Wxh = rng.randn(n_hidden, n_in) * 0.5
        self.Whh = rng.randn(n_hidden, n_hidden) * 0.5
        self.Wyh = rng.randn(n_out, n_hidden) * 0.5
        self.Bxh = np.zeros(n_hidden)
        self.Bhh = np.zeros(n_hidden)
        self.Byh = np.zeros(n_out)

    def forward(self, x):
        T = x.shape[1]
        h = np.zeros((T + 1, self.Whh.shape[0]))
        output = np.zeros((T, self.Wyh.shape[0]))
        for t in range(T):
            h[t] = np.tanh(np.dot(self.Wxh, x[:, t]) + self.Bxh + np.dot(self.Whh, h[t - 1]) + self.Bhh)
            output[t] = np.dot(self.Wyh, h[t]) + self.Byh
        return h, output

    def loss(self, output, y):
        return 0.5 * np.sum((output - y.T) ** 2)

    def backward(self, x, y, h, output, lr=0.002):
        D_Wyh, D_Byh = np.zeros_like(self.Wyh), np.zeros_like(self.Byh)
        D_Whh, D_Bhh = np.zeros_like(self.Whh), np.zeros_like(self.Bhh)
        D_Wxh, D_Bxh = np.zeros_like(self.Wxh), np.zeros_like(self.Bxh)
        for t in range(x.shape[1] - 1, -1, -1):
            dQ = output[t] - y[:, t]
            dL_h = np.dot(self.Wyh.T, dQ)
            dt = (1 - h[t] * h[t]) * dL_h
            D_Wyh += np.outer(dQ, h[t])
            D_Byh += dQ
            D_Wxh += np.outer(dt, x[:, t])
            D_Bxh += dt
            D_Whh += np.outer(dt, h[t - 1])
            D_Bhh += dt
        self.Wyh -= lr * D_Wyh
        self.Byh -= lr * D_Byh
        self.Whh -= lr * D_Whh
        self.Bhh -= lr * D_Bhh
        self.Wxh -= lr * D_Wxh
        self.Bxh -= lr * D_Bxh
