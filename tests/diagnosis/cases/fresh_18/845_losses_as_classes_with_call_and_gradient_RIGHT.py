"""Truth: RIGHT. Losses as classes with loss and gradient, and a linear model that is trained with each of them."""
import numpy as np


class Loss:
    def loss(self, y_true, y_pred):
        raise NotImplementedError

    def gradient(self, y_true, y_pred):
        raise NotImplementedError


class MeanSquared(Loss):
    def loss(self, y_true, y_pred):
        return np.mean((y_pred - y_true) ** 2)

    def gradient(self, y_true, y_pred):
        return 2 * (y_pred - y_true) / y_true.size


class MeanAbsolute(Loss):
    def loss(self, y_true, y_pred):
        return np.mean(np.abs(y_pred - y_true))

    def gradient(self, y_true, y_pred):
        return np.sign(y_pred - y_true) / y_true.size


class Huber(Loss):
    def __init__(self, delta=1.0):
        self.delta = delta

    def loss(self, y_true, y_pred):
        r = y_pred - y_true
        small = np.abs(r) <= self.delta
        return np.mean(np.where(small, 0.5 * r ** 2, self.delta * (np.abs(r) - 0.5 * self.delta)))

    def gradient(self, y_true, y_pred):
        r = y_pred - y_true
        return np.clip(r, -self.delta, self.delta) / r.size


class LogCosh(Loss):
    def loss(self, y_true, y_pred):
        return np.mean(np.log(np.cosh(y_pred - y_true)))

    def gradient(self, y_true, y_pred):
        return np.tanh(y_pred - y_true) / y_true.size


if __name__ == "__main__":
    rng = np.random.default_rng(21)
    X = rng.normal(size=(100, 3))
    y = X @ np.array([[1.0], [-2.0], [0.5]]) + 0.1 * rng.normal(size=(100, 1))
    y[:5] += 15
    for criterion in (MeanSquared(), MeanAbsolute(), Huber(), LogCosh()):
        w = np.zeros((3, 1))
        for step in range(300):
            pred = X @ w
            w -= 0.1 * X.T @ criterion.gradient(y, pred)
        print(type(criterion).__name__, criterion.loss(y, X @ w), w.ravel().round(2))
