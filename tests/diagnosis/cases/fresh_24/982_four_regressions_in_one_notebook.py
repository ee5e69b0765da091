"""Truth: the slope of the penalty of the logistic regression is without its 2, and the label is missing in the squared hinge's gradient. Lab notebook: four linear models that share a base class; bias is a column of ones."""
import numpy as np


class GLM:
    def __init__(self, lr=0.1, steps=200, C=0.01):
        self.lr, self.steps, self.C = lr, steps, C

    def add_ones(self, X):
        return np.insert(X, 0, 1.0, axis=1)

    def fit(self, X, y):
        A = self.add_ones(X)
        self.w = np.zeros(A.shape[1])
        for _ in range(self.steps):
            self.w = self.w - self.lr * self.grad(self.w, A, y)
        return self


class LinearRegression(GLM):
    def loss(self, w, A, y):
        r = A @ w - y
        return r @ r / len(y)

    def grad(self, w, A, y):
        return 2 * A.T @ (A @ w - y) / len(y)


class LogisticRegression(GLM):
    """labels are -1 and +1"""

    def loss(self, w, A, y):
        margin = y * (A @ w)
        return np.mean(np.log1p(np.exp(-margin))) + self.C * (w[1:] @ w[1:])

    def grad(self, w, A, y):
        margin = y * (A @ w)
        pull = -y / (1 + np.exp(margin))
        g = A.T @ pull / len(y)
        g[1:] += self.C * w[1:]
        return g


class LinearSVM(GLM):
    """squared hinge, labels are -1 and +1"""

    def loss(self, w, A, y):
        gap = np.maximum(0, 1 - y * (A @ w))
        return np.mean(gap ** 2) + 0.5 * self.C * (w @ w)

    def grad(self, w, A, y):
        gap = np.maximum(0, 1 - y * (A @ w))
        g = -2 * A.T @ gap / len(y)
        return g + self.C * w


class PoissonRegression(GLM):
    def loss(self, w, A, y):
        eta = A @ w
        return np.mean(np.exp(eta) - y * eta)

    def grad(self, w, A, y):
        return A.T @ (np.exp(A @ w) - y) / len(y)


if __name__ == "__main__":
    rng = np.random.default_rng(14)
    X = rng.normal(size=(80, 2))
    score = 0.5 + X @ np.array([1.0, -0.7])
    sign = np.where(score + 0.3 * rng.normal(size=80) > 0, 1.0, -1.0)
    for model, y in ((LinearRegression(), score), (LogisticRegression(), sign),
                     (LinearSVM(), sign), (PoissonRegression(0.05), rng.poisson(np.exp(0.5 * score)))):
        model.fit(X, y)
        print(type(model).__name__, model.w, model.loss(model.w, model.add_ones(X), y))
