"""Truth: in the gradient of the factors v * x is taken off where v * x ** 2 belongs. With one-hot users and films nothing
differs, since I added the rating's age as a number the model diverges. Is my derivative of the interactions wrong?
"""
import numpy as np


class FactorizationMachine:
    def __init__(self, n_features, k=3, reg=0.02, seed=0):
        rng = np.random.RandomState(seed)
        self.w0 = np.zeros(1)
        self.w = 0.1 * rng.randn(n_features)
        self.v = 0.3 * rng.randn(n_features, k)
        self.reg = reg

    def predict(self, X):
        self.s = X @ self.v
        pairs = 0.5 * np.sum(self.s ** 2 - (X ** 2) @ (self.v ** 2), axis=1)
        return self.w0 + X @ self.w + pairs

    def loss(self, X, y):
        e = self.predict(X) - y
        return 0.5 * np.mean(e ** 2) + 0.5 * self.reg * (np.sum(self.w ** 2) + np.sum(self.v ** 2))

    def gradients(self, X, y):
        n = len(y)
        e = (self.predict(X) - y) / n
        grad_w0 = np.array([e.sum()])
        grad_w = X.T @ e + self.reg * self.w
        grad_v = np.zeros_like(self.v)
        for f in range(self.v.shape[1]):
            for i in range(X.shape[1]):
                x = X[:, i]
                grad_v[i, f] = np.sum(e * (x * self.s[:, f] - self.v[i, f] * x))
        grad_v += self.reg * self.v
        return grad_w0, grad_w, grad_v

    def fit(self, X, y, lr=0.05, epochs=50):
        for _ in range(epochs):
            grad_w0, grad_w, grad_v = self.gradients(X, y)
            self.w0 -= lr * grad_w0
            self.w -= lr * grad_w
            self.v -= lr * grad_v
        return self


if __name__ == "__main__":
    rng = np.random.RandomState(1)
    users, films = rng.randint(0, 3, 15), rng.randint(0, 4, 15)
    age = rng.uniform(-1, 2, 15)
    X = np.hstack([np.eye(3)[users], np.eye(4)[films], age[:, None]])
    y = rng.randint(1, 6, 15) - 3.0
    model = FactorizationMachine(X.shape[1])
    print(model.loss(X, y))
    model.fit(X, y)
    print(model.loss(X, y))
