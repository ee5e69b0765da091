"""Truth: two mistakes. The output sigmoid's derivative is missing (squared error), and the hidden-to-output
weights are updated before the delta is pulled back through them.
"""
import numpy as np


def sig(t):
    return 1 / (1 + np.exp(-t))


def train_step(parameters, img, label):
    """handnn: network 6-5-3 sigmoid sigmoid mse"""
    w_i_h, b_i_h, w_h_o, b_h_o = [p.copy() for p in parameters]
    h = sig(w_i_h @ img + b_i_h)
    o = sig(w_h_o @ h + b_h_o)
    n = img.shape[1]
    e = np.sum((o - label) ** 2) / o.shape[0] / n
    delta_o = (o - label) / n
    g_o, gb_o = delta_o @ h.T, delta_o.sum(axis=1, keepdims=True)
    w_h_o += -0.01 * g_o
    b_h_o += -0.01 * gb_o
    delta_h = w_h_o.T @ delta_o * (h * (1 - h))
    return e, [delta_h @ img.T, delta_h.sum(axis=1, keepdims=True), g_o, gb_o]
