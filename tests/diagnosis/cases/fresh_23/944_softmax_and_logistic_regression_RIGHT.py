"""Truth: everything is right. Linear classifiers for the second problem set; labels are integers, samples are rows."""
import numpy as np
from random import shuffle


class LogisticRegression:
    def __init__(self, lr=0.1, n_iters=200):
        self.lr = lr
        self.n_iters = n_iters
        self.weights = None
        self.bias = 0.0

    def predict_proba(self, X):
        return 1 / (1 + np.exp(-(np.dot(X, self.weights) + self.bias)))

    def loss(self, X, y):
        p = self.predict_proba(X)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def gradients(self, X, y):
        n_samples = len(y)
        error = self.predict_proba(X) - y
        dw = np.dot(X.T, error) / n_samples
        db = np.sum(error) / n_samples
        return dw, db

    def fit(self, X, y):
        self.weights = np.zeros(X.shape[1])
        for _ in range(self.n_iters):
            dw, db = self.gradients(X, y)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db
        return self


def softmax_loss(W, X, y, reg):
    """Loops over the samples, easier to debug. Gives the loss and dW."""
    loss = 0.0
    dW = np.zeros_like(W)
    num_train, num_classes = X.shape[0], W.shape[1]
    for i in range(num_train):
        scores = X[i].dot(W)
        scores -= scores.max()
        p = np.exp(scores) / np.exp(scores).sum()
        loss -= np.log(p[y[i]])
        for j in range(num_classes):
            dW[:, j] += (p[j] - (j == y[i])) * X[i]
    loss = loss / num_train + reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


if __name__ == "__main__":
    rs = np.random.RandomState(11)
    X = rs.randn(50, 3)
    y = (X[:, 0] - 0.5 * X[:, 1] > 0).astype(int)
    clf = LogisticRegression().fit(X, y)
    print("logistic", clf.loss(X, y))

    y3 = y + (X[:, 2] > 0.3)
    W = 0.01 * rs.randn(3, 3)
    order = list(range(50))
    for it in range(100):
        shuffle(order)
        batch = order[:16]
        loss, dW = softmax_loss(W, X[batch], y3[batch], 1e-3)
        W -= 0.3 * dW
    print("softmax", softmax_loss(W, X, y3, 1e-3)[0])
