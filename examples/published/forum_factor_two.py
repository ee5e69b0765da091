"""'My sigmoid gradient for two classes always differs from the numeric check by a factor 2.' A forum question.

The loss is a mean over samples and both outputs, the gradient only over the samples: with two outputs a factor 2.

Verdict: wrong, gradient not divided by the number of outputs.
"""

import numpy as np


def loss_and_gradients(parameters, x, y):
    """handnn: network 4-2 sigmoid binary_crossentropy"""
    W, b = parameters
    p = 1 / (1 + np.exp(-(x @ W + b)))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    delta = (p - y) / len(x)
    return loss, [x.T @ delta, delta.sum(axis=0)]
