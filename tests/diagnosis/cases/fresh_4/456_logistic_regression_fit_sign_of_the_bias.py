"""Truth: the bias moves the wrong way: db = sum(y - p) / n is subtracted as well, where p - y belongs. The weights are right.
A class with fit; its weights are made there.
"""
import numpy as np


class LogisticRegression:
    def __init__(self, lr=0.1, n_iters=1):
        self.lr = lr
        self.n_iters = n_iters
        self.weights = None
        self.bias = None

    def fit(self, X, y):
        n_samples, n_features = X.shape
        if self.weights is None:
            self.weights = np.zeros(n_features)
            self.bias = 0.0
        for _ in range(self.n_iters):
            linear_model = np.dot(X, self.weights) + self.bias
            y_predicted = self._sigmoid(linear_model)
            dw = (1 / n_samples) * np.dot(X.T, (y_predicted - y))
            db = (1 / n_samples) * np.sum(y - y_predicted)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db

    def predict_prob(self, X):
        return self._sigmoid(np.dot(X, self.weights) + self.bias)

    def _sigmoid(self, x):
        return 1 / (1 + np.exp(-x))
