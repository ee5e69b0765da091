"""A forward pass and a backward pass: Hung-yi Lee's lecture notes 'Deep Learning'.

A fully connected network whose output layer is a softmax; the total loss is the cross-entropy summed over the training
data. dC/dw = dz/dw dC/dz: the first factor is the input a that the weight carries (forward pass), the second comes from
the layer behind (backward pass).

Verdict: other convention (samples in columns, the loss summed over the samples).
"""

import numpy as np


def sigma(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def loss_and_gradients(parameters, x, y):
    """handnn: network 4-5-3 sigmoid softmax categorical_crossentropy"""
    W1, b1, W2, b2 = parameters
    z1 = W1 @ x + b1
    a1 = sigma(z1)
    z2 = W2 @ a1 + b2
    p = softmax(z2)
    total = -np.sum(y * np.log(p))

    dC_dz2 = p - y
    dC_dz1 = a1 * (1 - a1) * (W2.T @ dC_dz2)
    dC_dW2 = dC_dz2 @ a1.T
    dC_dW1 = dC_dz1 @ x.T
    return total, [dC_dW1, dC_dz1.sum(axis=1, keepdims=True), dC_dW2, dC_dz2.sum(axis=1, keepdims=True)]
