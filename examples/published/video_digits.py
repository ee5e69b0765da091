"""Handwritten digits, 784-16-16-10, sigmoid everywhere, 13,002 parameters: notes on a video series.

The cost of one sample is the sum over the ten outputs of (a - y)^2, without 1/2 and without a mean, averaged over the
samples of a mini-batch of 100.

Verdict: other convention (summed over the outputs).
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost_and_gradients(parameters, x, y):
    """handnn: network 784-16-16-10 sigmoid sigmoid mse"""
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = sigmoid(x @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    a3 = sigmoid(a2 @ W3 + b3)
    cost = np.mean(np.sum((a3 - y) ** 2, axis=1))

    delta3 = 2 * (a3 - y) / len(x) * a3 * (1 - a3)
    delta2 = (delta3 @ W3.T) * a2 * (1 - a2)
    delta1 = (delta2 @ W2.T) * a1 * (1 - a1)
    return cost, {
        "W1": x.T @ delta1,
        "b1": delta1.sum(axis=0),
        "W2": a1.T @ delta2,
        "b2": delta2.sum(axis=0),
        "W3": a2.T @ delta3,
        "b3": delta3.sum(axis=0),
    }
