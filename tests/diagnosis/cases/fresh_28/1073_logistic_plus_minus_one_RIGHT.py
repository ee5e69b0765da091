"""Truth: all right. Logistic regression with labels -1 and 1 and half the squared norm, Poisson regression, ridge: a value
and a gradient each, for a minimizer. My gradient is -y * sigmoid(-y z) and the book has p - t, which is right? (Both.)
"""
import numpy as np


def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def logistic_loss(w, X, y, lam):
    z = X @ w
    return np.logaddexp(0, -y * z).sum() + 0.5 * lam * w[1:] @ w[1:]


def logistic_loss_grad(w, X, y, lam):
    z = X @ w
    penalty = lam * w
    penalty[0] = 0
    return -X.T @ (y * sigmoid(-y * z)) + penalty


def poisson_loss(w, X, counts, lam):
    eta = X @ w
    return np.mean(np.exp(eta) - counts * eta) + lam * np.sum(w ** 2)


def poisson_loss_grad(w, X, counts, lam):
    return X.T @ (np.exp(X @ w) - counts) / len(counts) + 2 * lam * w


def ridge_loss(w, X, t, lam):
    return np.sum((t - X @ w) ** 2) + lam * w @ w


def ridge_loss_grad(w, X, t, lam):
    # X.T X w - X.T t, multiplied out
    return 2 * ((X.T @ X + lam * np.eye(len(w))) @ w - X.T @ t)


def descend(grad, w, args, rate, steps=200):
    for _ in range(steps):
        w = w - rate * grad(w, *args)
    return w


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    X = np.c_[np.ones(30), rng.standard_normal((30, 3))]
    y = np.sign(X @ np.array([0.2, 1.0, -1.0, 0.5]) + 0.3 * rng.standard_normal(30))
    counts = rng.poisson(2, 30)
    t = X @ np.array([1.0, 2.0, 0.0, -1.0]) + 0.1 * rng.standard_normal(30)
    print(logistic_loss(descend(logistic_loss_grad, np.zeros(4), (X, y, 0.1), 0.02), X, y, 0.1))
    print(poisson_loss(descend(poisson_loss_grad, np.zeros(4), (X, counts, 0.01), 0.1), X, counts, 0.01))
    print(ridge_loss(descend(ridge_loss_grad, np.zeros(4), (X, t, 0.1), 0.005), X, t, 0.1))
