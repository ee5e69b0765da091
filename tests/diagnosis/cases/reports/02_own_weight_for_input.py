"""Truth: dW is multiplied by the layer's OWN WEIGHT where the layer's input belongs (both layers), and the delta
handed down lacks the output layer's f' (gradient_h = gradient_y * w2).
"""
import numpy as np


def sig(t):
    return 1 / (1 + np.exp(-t))


def loss_and_gradients(parameters, x, y):
    """handnn: network 1-1-1 sigmoid sigmoid mse"""
    w1, b1, w2, b2 = parameters
    h = sig(x * w1 + b1)
    o = sig(h * w2 + b2)
    e = o - y
    gy = 2 * e
    gh = gy * w2
    dw2 = gy * o * (1 - o) * w2
    dw1 = gh * h * (1 - h) * w1
    db2 = gy * o * (1 - o)
    db1 = gh * h * (1 - h)
    n = len(x)
    return np.mean(e**2), [dw1.sum(keepdims=True) / n, db1.sum(axis=0) / n, dw2.sum(keepdims=True) / n, db2.sum(axis=0) / n]


def wider(parameters, x, y):
    """handnn: network 3-3-1 sigmoid sigmoid mse"""
    # the same mistake where it can be told from a number by chance: weights for inputs, W.sum stands for x.T
    w1, b1, w2, b2 = parameters
    h = sig(x @ w1 + b1)
    o = sig(h @ w2 + b2)
    e = o - y
    n = len(x)
    gy = 2 * e / n
    d2 = gy * o * (1 - o)
    gh = gy @ w2.T
    d1 = gh * h * (1 - h)
    return np.mean(e**2), [w1 * d1.sum(axis=0), d1.sum(axis=0), w2 * d2.sum(axis=0), d2.sum(axis=0)]
