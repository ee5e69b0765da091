"""Two linear layers with one activation at the end: output = f(W (w x + b) + B). From a collection of forum notes.

Verdict: other convention (samples in columns, 1/2 in front, summed).
"""

import numpy as np


def loss_and_gradients(parameters, x, y):
    """handnn: network 4-5-3 linear sigmoid mse"""
    w, b, W, B = parameters
    hidden = w @ x + b
    output = 1 / (1 + np.exp(-(W @ hidden + B)))
    loss = 0.5 * np.sum((output - y) ** 2)

    back = (output - y) * output * (1 - output)
    dW, dB = back @ hidden.T, back.sum(axis=1, keepdims=True)
    back = W.T @ back
    return loss, [back @ x.T, back.sum(axis=1, keepdims=True), dW, dB]
