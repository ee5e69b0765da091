"""Truth: dL_ht is what comes from the output of step t only; the gradient that the later step sends back through Whh
is not added: dL_ht = Wyh.T dQ + Whh.T dt (of step t + 1). Vectors, one sequence (features, T), softmax at each step.
"""
import numpy as np


class RNN:
    def __init__(self, n_in=3, n_hidden=4, n_out=3):
        rng = np.random.RandomState(2)
        self.Wxh, self.Bxh = rng.randn(n_hidden, n_in), np.zeros(n_hidden)
        self.Whh, self.Bhh = rng.randn(n_hidden, n_hidden), np.zeros(n_hidden)
        self.Wyh, self.Byh = rng.randn(n_out, n_hidden), np.zeros(n_out)

    def forward(self, x):
        h, output = {-1: np.zeros(len(self.Bxh))}, []
        for t in range(x.shape[1]):
            h[t] = np.tanh(self.Wxh @ x[:, t] + self.Bxh + self.Whh @ h[t - 1] + self.Bhh)
            e = np.exp(self.Wyh @ h[t] + self.Byh)
            output.append(e / e.sum())
        return h, output

    def loss(self, output, y):
        return -sum(np.log(output[t] @ y[:, t]) for t in range(y.shape[1]))

    def backward(self, x, y, h, output):
        T = x.shape[1]
        D_Wyh, D_Byh = np.zeros_like(self.Wyh), np.zeros_like(self.Byh)
        D_Whh, D_Bhh = np.zeros_like(self.Whh), np.zeros_like(self.Bhh)
        D_Wxh, D_Bxh = np.zeros_like(self.Wxh), np.zeros_like(self.Bxh)
        for t in range(T - 1, -1, -1):
            dQ = output[t] - y[:, t]
            dL_ht = np.dot(np.transpose(self.Wyh), dQ)
            D_Wyh += np.outer(dQ, h[t])
            D_Byh += dQ
            dh = 1 - h[t] * h[t]
            dt = dh * dL_ht
            D_Wxh += np.outer(dt, x[:, t])
            D_Bxh += dt
            D_Whh += np.outer(dt, h[t - 1])
            D_Bhh += dt
        return {"Wyh": D_Wyh, "Byh": D_Byh, "Whh": D_Whh, "Bhh": D_Bhh, "Wxh": D_Wxh, "Bxh": D_Bxh}
