"""Truth: the weights the error is sent back through. A class with fit, one hidden layer, samples in rows, halved squared error."""
import numpy as np


class MLP:
    def __init__(self, n_in, n_hidden, n_out, lr=0.5, seed=0):
        rng = np.random.RandomState(seed)
        self.w1 = rng.normal(0, 0.7, (n_in, n_hidden))
        self.b1 = np.zeros(n_hidden)
        self.w2 = rng.normal(0, 0.7, (n_hidden, n_out))
        self.b2 = np.zeros(n_out)
        self.lr = lr
        self.losses = []

    def sigmoid(self, x):
        return 1.0 / (1.0 + np.exp(-x))

    def forward(self, X):
        self.h = self.sigmoid(X @ self.w1 + self.b1)
        self.out = self.sigmoid(self.h @ self.w2 + self.b2)
        return self.out

    def loss(self, y):
        return 0.5 * np.sum((self.out - y) ** 2) / len(y)

    def backward(self, X, y):
        n = len(X)
        delta2 = (self.out - y) * self.out * (1 - self.out) / n
        self.w2 -= self.lr * self.h.T @ delta2
        self.b2 -= self.lr * delta2.sum(axis=0)
        delta1 = (delta2 @ self.w2.T) * self.h * (1 - self.h)
        self.w1 -= self.lr * X.T @ delta1
        self.b1 -= self.lr * delta1.sum(axis=0)

    def fit(self, X, y, epochs=500):
        for epoch in range(epochs):
            self.forward(X)
            self.losses.append(self.loss(y))
            self.backward(X, y)
            if epoch % 100 == 0:
                print(f"epoch {epoch}: loss {self.losses[-1]:.4f}")
        return self


if __name__ == "__main__":
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    net = MLP(2, 4, 1).fit(X, y)
    print(net.forward(X).round(2))
