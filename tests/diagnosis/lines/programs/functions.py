"""Activations z -> a with their slopes, and losses of (y_pred, y_true) with their gradients."""

import numpy as np


def swish(z):
    return z / (1 + np.exp(-z))


def swish_prime(z):
    s = 1 / (1 + np.exp(-z))
    return s + z * s * (1 - s)


def elu(z, alpha=1.3):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1))


def elu_prime(z, alpha=1.3):
    return np.where(z > 0, 1.0, alpha * np.exp(z))


def softsign(z):
    return z / (1 + np.abs(z))


def softsign_prime(z):
    return 1 / (1 + np.abs(z)) ** 2


softplus = lambda z: np.log1p(np.exp(z))
softplus_prime = lambda z: 1 / (1 + np.exp(-z))


def huber(p, y, delta=0.3):
    e = p - y
    return np.mean(np.where(np.abs(e) <= delta, 0.5 * e**2, delta * (np.abs(e) - 0.5 * delta)))


def huber_gradient(p, y, delta=0.3):
    e = p - y
    return np.where(np.abs(e) <= delta, e, delta * np.sign(e)) / e.size


def binary(p, y):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


def binary_gradient(p, y):
    return (p - y) / (p * (1 - p)) / y.size


def cosine(p, y):
    dot = np.sum(p * y, axis=1)
    return -np.mean(dot / (np.linalg.norm(p, axis=1) * np.linalg.norm(y, axis=1)))


def cosine_gradient(p, y):
    a = np.sqrt(np.sum(p**2, axis=1, keepdims=True))
    b = np.sqrt(np.sum(y**2, axis=1, keepdims=True))
    c = np.sum(p * y, axis=1, keepdims=True) / (a * b)
    return -(y / (a * b) - c * p / a**2) / len(p)


def focal(p, y, gamma=2):
    pt = np.where(y == 1, p, 1 - p)
    return -np.sum((1 - pt) ** gamma * np.log(pt))


def focal_gradient(p, y, gamma=2):
    pt = np.where(y == 1, p, 1 - p)
    sign = np.where(y == 1, 1.0, -1.0)
    first = gamma * (1 - pt) ** (gamma - 1) * np.log(pt)
    return sign * (first - (1 - pt) ** gamma / pt)


def pairwise(p, y):
    total = 0.0
    for i in range(len(p)):
        for j in range(len(p)):
            total += (p[i] - p[j] - (y[i] - y[j])) @ (p[i] - p[j]) / 2
    return total / len(p)


def pairwise_gradient(p, y):
    g = np.zeros_like(p)
    for i in range(len(p)):
        for j in range(len(p)):
            g[i] += p[i] - p[j] - (y[i] - y[j]) / 2
            g[j] -= p[i] - p[j] - (y[i] - y[j]) / 2
    return g / len(p)


# ruff: noqa - written as people write
