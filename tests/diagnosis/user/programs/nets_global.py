"""Weights as global variables; forward and backward functions use and update them."""
# ruff: noqa (code as people write it)

import numpy as np

rng = np.random.default_rng(1)
eta = 0.1
W1 = rng.normal(size=(4, 5))
W2 = rng.normal(size=(5, 3))


def forward(x):
    global W1, W2
    z1 = 1 / (1 + np.exp(-x.dot(W1)))
    u2 = z1.dot(W2)
    e = np.exp(u2)
    return e / e.sum(axis=1, keepdims=True), z1


def back_propagation(x, z1, y, d, lr=0.1):
    global W1, W2
    delta2 = y - d
    delta1 = delta2.dot(W2.T) * z1 * (1 - z1)
    W2 -= lr * z1.T.dot(delta2)
    W1 -= lr * x.T.dot(delta1)
