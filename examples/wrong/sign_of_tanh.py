"""For teaching: one sign is wrong."""

import numpy as np


def loss_and_gradients(parameters, x, y):
    """handnn: network 4-5-3 tanh softmax categorical_crossentropy"""
    W1, b1, W2, b2 = parameters
    a1 = np.tanh(x @ W1 + b1)
    e = np.exp(a1 @ W2 + b2)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -(y * np.log(p)).sum() / len(x)
    delta2 = (p - y) / len(x)
    delta1 = (delta2 @ W2.T) * (1 + a1**2)
    return loss, [x.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)]
