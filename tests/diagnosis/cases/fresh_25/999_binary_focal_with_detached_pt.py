"""Truth: the derivative of the focal loss treats the weight alpha (1 - pt)^gamma as a constant. Should pt be allowed
to backpropagate? With gamma = 0 everything matches cross-entropy.
"""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def weighted_bce(logits, y, w=2.5):
    p = sigmoid(logits)
    return np.mean(-w * y * np.log(p) - (1 - y) * np.log(1 - p))


def weighted_bce_grad(logits, y, w=2.5):
    p = sigmoid(logits)
    return ((1 - y) * p - w * y * (1 - p)) / logits.size


def focal_loss(logits, y, gamma=2.0, alpha=0.25):
    p = sigmoid(logits)
    pt = np.where(y == 1, p, 1 - p)
    at = np.where(y == 1, alpha, 1 - alpha)
    return np.mean(-at * (1 - pt) ** gamma * np.log(pt))


def focal_loss_grad(logits, y, gamma=2.0, alpha=0.25):
    p = sigmoid(logits)
    pt = np.where(y == 1, p, 1 - p)
    at = np.where(y == 1, alpha, 1 - alpha)
    weight = at * (1 - pt) ** gamma
    return weight * (p - y) / logits.size


if __name__ == "__main__":
    rng = np.random.default_rng(20)
    X = rng.normal(size=(200, 3))
    y = (X @ np.array([1.0, -2.0, 0.5]) > 2.0).astype(float)
    w = np.zeros(3)
    v = np.zeros(3)
    for i in range(200):
        w -= 5.0 * X.T @ focal_loss_grad(X @ w, y)
        v -= 1.0 * X.T @ weighted_bce_grad(X @ v, y)
    print("focal", focal_loss(X @ w, y), "bce", weighted_bce(X @ v, y))
