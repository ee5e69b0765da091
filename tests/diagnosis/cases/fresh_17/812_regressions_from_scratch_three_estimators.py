"""Truth: the intercept under the ridge penalty; and one bias for all classes. Three estimators with fit and predict, gradient descent
over the whole table, the losses kept in a list.
"""
import numpy as np


class LinearRegression:
    def __init__(self, lr=0.05, n_iters=200):
        self.lr = lr
        self.n_iters = n_iters
        self.weights = None
        self.bias = None
        self.losses = []

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0.0
        for _ in range(self.n_iters):
            y_pred = np.dot(X, self.weights) + self.bias
            self.losses.append(np.mean((y - y_pred) ** 2))
            dw = (2 / n_samples) * np.dot(X.T, (y_pred - y))
            db = (2 / n_samples) * np.sum(y_pred - y)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db
        return self

    def predict(self, X):
        return np.dot(X, self.weights) + self.bias


class RidgeRegression:
    """The first entry of theta is the intercept; it is not shrunk."""

    def __init__(self, lr=0.05, n_iters=200, alpha=0.5):
        self.lr = lr
        self.n_iters = n_iters
        self.alpha = alpha
        self.losses = []

    def fit(self, X, y):
        Xb = np.hstack([np.ones((len(X), 1)), X])
        m = len(y)
        self.theta = np.random.RandomState(0).randn(Xb.shape[1])
        for _ in range(self.n_iters):
            residual = Xb @ self.theta - y
            loss = (residual @ residual) / (2 * m) + 0.5 * self.alpha * np.sum(self.theta[1:] ** 2)
            self.losses.append(loss)
            gradient = Xb.T @ residual / m + self.alpha * self.theta
            self.theta = self.theta - self.lr * gradient
        return self

    def predict(self, X):
        return self.theta[0] + X @ self.theta[1:]


class SoftmaxRegression:
    def __init__(self, lr=0.1, n_iters=200):
        self.lr = lr
        self.n_iters = n_iters
        self.losses = []

    def _one_hot(self, y, k):
        out = np.zeros((len(y), k))
        out[np.arange(len(y)), y] = 1
        return out

    def _probs(self, X):
        scores = X.dot(self.W) + self.b
        scores = scores - scores.max(axis=1, keepdims=True)
        e = np.exp(scores)
        return e / e.sum(axis=1, keepdims=True)

    def fit(self, X, y):
        n, d = X.shape
        k = len(np.unique(y))
        rng = np.random.RandomState(1)
        self.W = 0.1 * rng.randn(d, k)
        self.b = np.zeros(k)
        Y = self._one_hot(y, k)
        for it in range(self.n_iters):
            P = self._probs(X)
            self.losses.append(-np.sum(Y * np.log(P)) / n)
            dW = X.T.dot(P - Y) / n
            db = np.sum(P - Y) / n
            self.W -= self.lr * dW
            self.b -= self.lr * db
        return self

    def predict(self, X):
        return self._probs(X).argmax(axis=1)


if __name__ == "__main__":
    rng = np.random.RandomState(5)
    X = rng.randn(80, 3)
    t = X @ np.array([1.5, -2.0, 0.5]) + 4.0 + 0.1 * rng.randn(80)
    c = (X[:, 0] > 0.3).astype(int) + (X[:, 1] > 0).astype(int)

    lin = LinearRegression().fit(X, t)
    print("linear ", lin.weights, lin.bias, "mse", lin.losses[-1])
    ridge = RidgeRegression().fit(X, t)
    print("ridge  ", ridge.theta, "loss", ridge.losses[-1])
    soft = SoftmaxRegression().fit(X, c)
    print("softmax", soft.b, "accuracy", np.mean(soft.predict(X) == c))
