"""Truth: one share of the elastic penalty. Penalties that are called for their value and have a grad, and a regression that is given one of them."""
import numpy as np


class L1Penalty:
    def __init__(self, alpha):
        self.alpha = alpha

    def __call__(self, w):
        return self.alpha * np.sum(np.abs(w))

    def grad(self, w):
        return self.alpha * np.sign(w)


class L2Penalty:
    def __init__(self, alpha):
        self.alpha = alpha

    def __call__(self, w):
        return self.alpha * 0.5 * w.T.dot(w)

    def grad(self, w):
        return self.alpha * w


class ElasticPenalty:
    def __init__(self, alpha, l1_ratio=0.3):
        self.alpha = alpha
        self.l1_ratio = l1_ratio

    def __call__(self, w):
        l1_contr = self.l1_ratio * np.sum(np.abs(w))
        l2_contr = (1 - self.l1_ratio) * 0.5 * w.T.dot(w)
        return self.alpha * (l1_contr + l2_contr)

    def grad(self, w):
        l1_contr = self.l1_ratio * np.sign(w)
        l2_contr = 0.5 * (1 - self.l1_ratio) * w
        return self.alpha * (l1_contr + l2_contr)


class LinearRegression:
    def __init__(self, penalty, n_iterations=200, learning_rate=0.05):
        self.penalty = penalty
        self.n_iterations = n_iterations
        self.learning_rate = learning_rate

    def loss(self, X, y):
        return 0.5 * np.mean((X.dot(self.w) - y) ** 2) + self.penalty(self.w)

    def gradient(self, X, y):
        return X.T.dot(X.dot(self.w) - y) / len(y) + self.penalty.grad(self.w)

    def fit(self, X, y):
        limit = 1 / np.sqrt(X.shape[1])
        self.w = np.random.uniform(-limit, limit, (X.shape[1],))
        self.training_errors = []
        for _ in range(self.n_iterations):
            self.training_errors.append(self.loss(X, y))
            self.w -= self.learning_rate * self.gradient(X, y)
        return self

    def predict(self, X):
        return X.dot(self.w)


if __name__ == "__main__":
    np.random.seed(1)
    X = np.random.randn(50, 4)
    y = X.dot([2.0, 0.0, -1.0, 0.5]) + 0.1 * np.random.randn(50)
    for penalty in (L1Penalty(0.1), L2Penalty(0.1), ElasticPenalty(0.1)):
        model = LinearRegression(penalty).fit(X, y)
        print(type(penalty).__name__, model.w.round(3), model.training_errors[-1])
