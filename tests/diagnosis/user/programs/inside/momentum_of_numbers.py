import numpy as np


class LogisticRegression:
    def __init__(self, lr=0.1, momentum=0.9, n_iters=300):
        self.lr, self.momentum, self.n_iters = lr, momentum, n_iters
        self.w = None
        self.b = 0.0

    def fit(self, X, y):
        n, d = X.shape
        self.w = np.zeros(d)
        self.b = 0.0
        vw, vb = np.zeros(d), 0.0
        for _ in range(self.n_iters):
            p = 1 / (1 + np.exp(-(X @ self.w + self.b)))
            loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
            dw = X.T @ (p - y) / n
            db = np.sum(p - y) / n
            vw = self.momentum * vw + self.lr * dw
            vb = self.momentum * vb + self.lr * db
            self.w -= vw
            self.b -= vb
        return self
