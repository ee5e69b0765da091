"""Truth: Nesterov's step has the wrong sign before the momentum, AdamW's decay passes through the moments (that is Adam
with L2). The network does not converge with either of the two; Adagrad is fine.
"""
import numpy as np


class Nesterov:
    def __init__(self, params, lr=0.05, mu=0.9):
        self.params, self.lr, self.mu = params, lr, mu
        self.velocity = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.velocity[i] = self.mu * self.velocity[i] + g
            p -= self.lr * g - self.lr * self.mu * self.velocity[i]


class Adagrad:
    def __init__(self, params, lr=0.1, eps=1e-7):
        self.params, self.lr, self.eps = params, lr, eps
        self.squares = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for p, g, s in zip(self.params, grads, self.squares):
            s += g * g
            p -= self.lr * g / (np.sqrt(s) + self.eps)


class AdamW:
    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-7, wd=0.02):
        self.params, self.lr, self.eps, self.wd = params, lr, eps, wd
        self.beta1, self.beta2 = beta1, beta2
        self.t = 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        self.t += 1
        for i, p in enumerate(self.params):
            g = grads[i] + self.wd * p
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g ** 2
            m_hat = self.m[i] / (1 - self.beta1 ** self.t)
            v_hat = self.v[i] / (1 - self.beta2 ** self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


if __name__ == "__main__":
    rng = np.random.default_rng(6)
    X = rng.normal(size=(64, 4))
    y = X @ np.array([[1.0], [-2.0], [0.5], [0.0]]) + 0.3
    for kind in (Nesterov, Adagrad, AdamW):
        w, b = np.zeros((4, 1)), np.zeros(1)
        optimizer = kind([w, b])
        for it in range(30):
            e = (X @ w + b - y) / len(X)
            optimizer.step([X.T @ e, e.sum(axis=0)])
        print(kind.__name__, np.mean((X @ w + b - y) ** 2))
