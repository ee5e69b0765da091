"""Truth: two mistakes. np.delete(W, 200, 1) with 300 hidden units drops the column of a hidden unit, not the
bias' (the last) one, on the way back; and the output layer's weights are updated before. One sample at a
time, 1-D vectors, bias folded in as the last weight.
"""
import numpy as np


def expit(t):
    return 1 / (1 + np.exp(-t))


def as_posted(layers, input_vector, target):
    """handnn: network 4-5-3 sigmoid sigmoid mse"""
    W1, W2 = layers
    hidden = expit(np.inner(W1, np.append(input_vector, 1)))
    out = expit(np.inner(W2, np.append(hidden, 1)))
    od = out * (1 - out) * (out - target)
    g2 = np.outer(od, np.append(hidden, 1))
    W2 = W2 - 0.1 * g2
    hd = hidden * (1 - hidden) * np.dot(np.delete(W2, 2, 1).T, od)
    return [np.outer(hd, np.append(input_vector, 1)), g2]


def looped(layers, x, y):
    """handnn: network 4-5-3 sigmoid sigmoid mse, folded=last"""
    W1, W2 = layers
    g1, g2, loss = np.zeros_like(W1), np.zeros_like(W2), 0.0
    for input_vector, target in zip(x, y):
        hidden = expit(np.inner(W1, np.append(input_vector, 1)))
        out = expit(np.inner(W2, np.append(hidden, 1)))
        loss += 0.5 * np.sum((out - target) ** 2)
        od = out * (1 - out) * (out - target)
        hd = hidden * (1 - hidden) * np.dot(np.delete(W2, 2, 1).T, od)
        g2 += np.outer(od, np.append(hidden, 1))
        g1 += np.outer(hd, np.append(input_vector, 1))
    return loss, [g1, g2]


def looped_right(layers, x, y):
    """handnn: network 4-5-3 sigmoid sigmoid mse, folded=last"""
    W1, W2 = layers
    g1, g2, loss = np.zeros_like(W1), np.zeros_like(W2), 0.0
    for input_vector, target in zip(x, y):
        hidden = expit(np.inner(W1, np.append(input_vector, 1)))
        out = expit(np.inner(W2, np.append(hidden, 1)))
        loss += 0.5 * np.sum((out - target) ** 2)
        od = out * (1 - out) * (out - target)
        hd = hidden * (1 - hidden) * np.dot(W2[:, :-1].T, od)
        g2 += np.outer(od, np.append(hidden, 1))
        g1 += np.outer(hd, np.append(input_vector, 1))
    return loss, [g1, g2]
