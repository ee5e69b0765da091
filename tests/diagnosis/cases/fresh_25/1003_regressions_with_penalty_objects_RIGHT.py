"""Truth: all right. Ridge, lasso, elastic net and logistic regression with callable penalties; the bias is a column of
ones and is not penalized, the loss is halved. Why is my gradient only half of what the book has?
"""
import numpy as np


class NoPenalty:
    def __call__(self, w):
        return 0.0

    def grad(self, w):
        return np.zeros_like(w)


class L1:
    def __init__(self, alpha):
        self.alpha = alpha

    def __call__(self, w):
        return self.alpha * np.linalg.norm(w[1:], 1)

    def grad(self, w):
        g = self.alpha * np.sign(w)
        g[0] = 0
        return g


class Elastic:
    def __init__(self, alpha, ratio=0.5):
        self.alpha, self.ratio = alpha, ratio

    def __call__(self, w):
        l1 = self.ratio * np.abs(w[1:]).sum()
        l2 = (1 - self.ratio) * 0.5 * w[1:].T.dot(w[1:])
        return self.alpha * (l1 + l2)

    def grad(self, w):
        keep = np.r_[0.0, np.ones(len(w) - 1)]
        return self.alpha * keep * (self.ratio * np.sign(w) + (1 - self.ratio) * w)


class LinearRegression:
    def __init__(self, penalty=None, rate=0.05, rounds=60):
        self.penalty = penalty or NoPenalty()
        self.rate, self.rounds = rate, rounds

    def activate(self, z):
        return z

    def data_loss(self, y, p):
        return 0.5 * np.mean((y - p) ** 2)

    def loss(self, X, y):
        return self.data_loss(y, self.activate(X.dot(self.w))) + self.penalty(self.w)

    def gradient(self, X, y):
        residual = y - self.activate(X.dot(self.w))
        return -residual.dot(X) / len(y) + self.penalty.grad(self.w)

    def fit(self, X, y):
        X = np.insert(X, 0, 1, axis=1)
        self.w = np.random.RandomState(1).uniform(-0.5, 0.5, X.shape[1])
        self.history = []
        for _ in range(self.rounds):
            self.history.append(self.loss(X, y))
            self.w -= self.rate * self.gradient(X, y)
        return self


class LogisticRegression(LinearRegression):
    """the mean of the negative log likelihood has the same gradient"""

    def activate(self, z):
        return 1 / (1 + np.exp(-z))

    def data_loss(self, y, p):
        return -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p))


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X = rng.randn(80, 3)
    t = X.dot([1.5, 0.0, -0.7]) + 0.4 + 0.1 * rng.randn(80)
    print(LinearRegression().fit(X, t).history[-1])
    print(LinearRegression(L1(0.1)).fit(X, t).history[-1])
    print(LinearRegression(Elastic(0.2)).fit(X, t).history[-1])
    print(LogisticRegression(Elastic(0.05)).fit(X, (t > 0).astype(float)).history[-1])
