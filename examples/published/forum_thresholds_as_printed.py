"""An N-layer sigmoid network with thresholds, z = w x - b, exactly as it was printed in a collection of forum notes.

L = 1/2 sum (yhat - y)^2 with yhat the target and y the output; dL/dw = dL/dy sigma' x, dL/db = dL/dy sigma' (-1).

Verdict: wrong. Two lines are misprints: dL/dy of the last layer, printed yhat - y, is y - yhat; and sigma'(z), printed
sigma(z) sigma(1 - z), is sigma(z) (1 - sigma(z)). The thresholds are another convention, and right.
"""

import numpy as np


def sigma(z):
    return 1 / (1 + np.exp(-z))


def loss_and_gradients(parameters, x, yhat):
    """handnn: network 4-5-3 sigmoid sigmoid mse"""
    w1, b1, w2, b2 = parameters
    z1 = x @ w1 - b1
    y1 = sigma(z1)
    z2 = y1 @ w2 - b2
    y = sigma(z2)
    loss = 0.5 * np.sum((yhat - y) ** 2)

    dL_dy = yhat - y  # as printed
    slope2 = sigma(z2) * sigma(1 - z2)  # as printed
    slope1 = sigma(z1) * sigma(1 - z1)  # as printed
    back2 = dL_dy * slope2
    back1 = (back2 @ w2.T) * slope1
    return loss, [x.T @ back1, -back1.sum(axis=0), y1.T @ back2, -back2.sum(axis=0)]
