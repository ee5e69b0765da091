"""fit makes the weights by a method, and trains them by another one."""

import numpy as np


class LogisticRegression:
    def __init__(self, alpha=0.01, iters=1000):
        self.alpha = alpha
        self.iters = iters

    def initialize(self, dim):
        self.w = np.zeros((dim, 1))
        self.b = 0

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def propagate(self, X, Y):
        m = X.shape[1]
        A = self.sigmoid(np.dot(self.w.T, X) + self.b)
        cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
        dw = 1 / m * np.dot(X, (A - Y).T)
        db = 1 / m * np.sum(A - Y)
        return dw, db, cost

    def optimize(self, X, Y):
        costs = []
        for i in range(self.iters):
            dw, db, cost = self.propagate(X, Y)
            self.w = self.w - self.alpha * dw
            self.b = self.b - self.alpha * db
            costs.append(cost)
        return costs

    def fit(self, X, Y):
        self.initialize(X.shape[0])
        return self.optimize(X, Y)
