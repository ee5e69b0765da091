"""Truth: RIGHT. 'Why is the gradient used twice?' was asked: w + mu * v - lr * g is Nesterov's step in the variables at the
look-ahead. A function with its state in a dict.
"""
import numpy as np


def sgd_nesterov(w, dw, state):
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.8, nesterov=True"""
    lr, mu = 0.1, 0.8
    v = state.get("v", np.zeros_like(w))
    v = mu * v - lr * dw
    state["v"] = v
    return w + mu * v - lr * dw
