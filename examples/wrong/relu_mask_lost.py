"""For teaching: the derivative of ReLU is left out on the way back."""

import numpy as np


def loss_and_gradients(parameters, x, y):
    """handnn: network 4-6-5-3 relu linear mse"""
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = np.maximum(0, x @ W1 + b1)
    a2 = np.maximum(0, a1 @ W2 + b2)
    out = a2 @ W3 + b3
    loss = np.mean((out - y) ** 2)
    delta3 = 2 * (out - y) / out.size
    delta2 = delta3 @ W3.T
    delta1 = delta2 @ W2.T
    return loss, [x.T @ delta1, delta1.sum(0), a1.T @ delta2, delta2.sum(0), a2.T @ delta3, delta3.sum(0)]
