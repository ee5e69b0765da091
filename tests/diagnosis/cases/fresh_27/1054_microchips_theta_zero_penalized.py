"""Truth: the gradient's penalty counts theta[0] too, the cost's does not. From the course's exercise in Octave: fmin says that
precision was lost. Softmax regression, where all of W is penalized in both and the bias in none, is right.
"""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost_reg(theta, X, y, lam):
    m = y.size
    h = sigmoid(X.dot(theta))
    J = -(y.dot(np.log(h)) + (1 - y).dot(np.log(1 - h))) / m
    return J + lam / (2 * m) * np.sum(np.square(theta[1:]))


def gradient_reg(theta, X, y, lam):
    m = y.size
    h = sigmoid(X.dot(theta))
    grad = X.T.dot(h - y) / m
    grad += lam / m * theta
    return grad


def softmax_regression(W, b, X, y, reg):
    n = len(y)
    scores = X @ W + b
    scores -= scores.max(axis=1, keepdims=True)
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(probs[range(n), y]).mean() + 0.5 * reg * np.sum(W * W)
    d = probs.copy()
    d[range(n), y] -= 1
    d /= n
    return loss, X.T @ d + reg * W, d.sum(axis=0)


def map_feature(x1, x2, degree=2):
    return np.array([x1 ** (i - j) * x2 ** j for i in range(degree + 1) for j in range(i + 1)]).T


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    x1, x2 = rng.uniform(-1, 1, 20), rng.uniform(-1, 1, 20)
    y = (x1 ** 2 + x2 ** 2 < 0.6).astype(int)
    X = map_feature(x1, x2)
    theta = np.zeros(X.shape[1])
    for i in range(100):
        theta = theta - 0.5 * gradient_reg(theta, X, y, 1.0)
    print(cost_reg(theta, X, y, 1.0))
    W, b = np.zeros((2, 2)), np.zeros(2)
    for i in range(100):
        loss, dW, db = softmax_regression(W, b, np.c_[x1, x2], y, 0.01)
        W, b = W - 0.5 * dW, b - 0.5 * db
    print(loss)
