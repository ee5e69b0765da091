"""Truth: db is delta itself, not summed over the samples (three layers), and the gradients are not divided by m
though the cost is. (The post's code; its own `m = Y_hat.shape` is a tuple and is repaired here.)
"""
import numpy as np


def sig(t):
    return 1 / (1 + np.exp(-t))


def slope(a):
    return a * (1 - a)


def train(parameters, inputs, labels):
    """handnn: network 2-5-5-1 sigmoid sigmoid binary_crossentropy"""
    W1, b1, W2, b2, W3, b3 = parameters
    a1 = sig(W1 @ inputs + b1)
    a2 = sig(W2 @ a1 + b2)
    a3 = sig(W3 @ a2 + b3)
    m = a3.shape[1]
    cost = np.squeeze(-1 / m * (labels @ np.log(a3).T + (1 - labels) @ np.log(1 - a3).T))
    d3 = slope(a3) * -(labels / a3 - (1 - labels) / (1 - a3))
    d2 = W3.T @ d3 * slope(a2)
    d1 = W2.T @ d2 * slope(a1)
    return cost, [d1 @ inputs.T, d1, d2 @ a1.T, d2, d3 @ a2.T, d3]
