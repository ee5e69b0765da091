"""Truth: RIGHT. A network of Gaussian bumps whose centres, widths (as logarithms) and output weights all learn by hand-written formulas,
in one method per sample that returns after the step; phi * d2 * exp(-2 s) is the derivative by the logarithm of the width.
"""
import numpy as np


class RBFNet(object):
    """Implementation of a Radial Basis Function Network"""

    def __init__(self, k=5, n_in=1, lr=0.02, epochs=100, seed=0):
        rng = np.random.RandomState(seed)
        self.k = k
        self.epochs = epochs
        self.lr = lr
        self.centers = rng.uniform(-2, 2, (k, n_in))
        self.log_stds = np.zeros(k)
        self.w = rng.randn(k)
        self.b = 0.

    def rbf(self, x):
        diff = x - self.centers
        d2 = np.sum(diff ** 2, axis=1)
        return np.exp(-0.5 * d2 * np.exp(-2 * self.log_stds)), diff, d2

    def predict_one(self, x):
        return self.w.dot(self.rbf(x)[0]) + self.b

    def loss(self, x, y):
        return (y - self.predict_one(x)) ** 2

    def update(self, x, y):
        # forward pass
        phi, diff, d2 = self.rbf(x)
        F = phi.dot(self.w) + self.b
        # backward pass
        error = -2 * (y - F)
        inv_var = np.exp(-2 * self.log_stds)
        common = error * self.w * phi
        grad_c = (common * inv_var)[:, None] * diff
        grad_s = common * d2 * inv_var
        # online update
        self.w = self.w - self.lr * error * phi
        self.b = self.b - self.lr * error
        self.centers = self.centers - self.lr * grad_c
        self.log_stds = self.log_stds - self.lr * grad_s
        return (y - F) ** 2

    def fit(self, X, y):
        for epoch in range(self.epochs):
            loss = 0
            for i in range(X.shape[0]):
                loss += self.update(X[i], y[i])
        return loss / X.shape[0]


if __name__ == "__main__":
    NUM_SAMPLES = 100
    X = np.random.RandomState(1).uniform(-2., 2., (NUM_SAMPLES, 1))
    y = np.sin(2 * X[:, 0]) + np.random.RandomState(2).uniform(-0.1, 0.1, NUM_SAMPLES)
    print("mean squared error", RBFNet(k=6).fit(X, y))
