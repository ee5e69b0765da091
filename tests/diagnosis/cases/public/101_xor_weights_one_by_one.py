"""Truth: the gradients of the output layer's weights lack the output sigmoid's slope y0 (1 - y0); the hidden
layer's gradients, which have it, are right. Every weight has its own line, no biases, samples in a loop.
"""
import numpy as np


def sig(x):
    return 1 / (1 + np.exp(-x))


def backpropagation(weights, X, y):
    """handnn: network 2-2-1 sigmoid sigmoid mse"""
    w0, w1 = weights
    dw0, dw1 = np.zeros_like(w0), np.zeros_like(w1)
    error = 0.0
    for i in range(X.shape[0]):
        # forward
        h0 = sig(w0[0, 0] * X[i][0] + w0[1, 0] * X[i][1])
        h1 = sig(w0[0, 1] * X[i][0] + w0[1, 1] * X[i][1])
        y0 = sig(w1[0, 0] * h0 + w1[1, 0] * h1)
        error += 0.5 * (y[i, 0] - y0) ** 2
        # backward
        dey0 = -(y[i, 0] - y0)
        dw0[0, 0] += dey0 * y0 * (1 - y0) * w1[0, 0] * h0 * (1 - h0) * X[i][0]
        dw0[0, 1] += dey0 * y0 * (1 - y0) * w1[1, 0] * h1 * (1 - h1) * X[i][0]
        dw0[1, 0] += dey0 * y0 * (1 - y0) * w1[0, 0] * h0 * (1 - h0) * X[i][1]
        dw0[1, 1] += dey0 * y0 * (1 - y0) * w1[1, 0] * h1 * (1 - h1) * X[i][1]
        dw1[0, 0] += dey0 * h0
        dw1[1, 0] += dey0 * h1
    return error, [dw0, dw1]
