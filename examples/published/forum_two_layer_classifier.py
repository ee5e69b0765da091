"""A two-layer classifier, samples in rows: sigmoid, softmax, cost = -(1/N) sum labels log(probs). From forum notes.

Verdict: match.
"""

import numpy as np


def loss_and_gradients(parameters, data, labels):
    """handnn: network 4-5-3 sigmoid softmax categorical_crossentropy"""
    W1, b1, W2, b2 = parameters
    N = len(data)
    a1 = 1 / (1 + np.exp(-(data @ W1 + b1)))
    e = np.exp(a1 @ W2 + b2)
    probs = e / e.sum(axis=1, keepdims=True)
    cost = -np.sum(labels * np.log(probs)) / N

    dW2 = a1.T @ (probs - labels) / N
    db2 = np.sum(probs - labels, axis=0) / N
    back = (probs - labels) @ W2.T / N
    delta1 = (1 - a1) * a1 * back
    return cost, [data.T @ delta1, delta1.sum(axis=0), dW2, db2]
