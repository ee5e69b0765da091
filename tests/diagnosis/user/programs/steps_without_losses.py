"""Training one sample at a time: a margin, and ratings; the losses are not in the source."""
import numpy as np


class LinearSVM:
    """Hinge loss, labels -1 and 1; margins are checked one by one."""
    def __init__(self, n_features=4, C=0.1, eta=0.05, epochs=20):
        self.w = np.random.randn(n_features) * 0.1
        self.bias = 0.0
        self.reg = C
        self.eta = eta
        self.epochs = epochs

    def fit(self, X, y):
        for epoch in range(self.epochs):
            for xi, yi in zip(X, y):
                if yi * (np.dot(self.w, xi) + self.bias) < 1:
                    self.w += self.eta * (yi * xi - self.reg * self.w)
                    self.bias += self.eta * yi
                else:
                    self.w -= self.eta * (self.reg * self.w)
        return self


class PMF:
    def __init__(self, ratings, n_factors=3, lr=0.02, reg=0.05):
        self.ratings = ratings
        n, m = ratings.shape
        self.U = np.random.normal(0, 0.1, (n, n_factors))
        self.V = np.random.normal(0, 0.1, (m, n_factors))
        self.lr, self.reg = lr, reg

    def run_epoch(self):
        for u, v in zip(*self.ratings.nonzero()):
            err = self.ratings[u, v] - self.U[u].dot(self.V[v])
            uf = self.U[u].copy()
            self.U[u] += self.lr * (err * self.V[v] - self.reg * self.U[u])
            self.V[v] += self.lr * (err * uf - self.reg * self.V[v])
