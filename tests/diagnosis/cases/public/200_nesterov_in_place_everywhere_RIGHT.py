"""Truth: RIGHT. 'It does not compute the gradient at the shifted weights' was asked: in these variables it need not.
dw itself is scaled by -lr and added to in place; w, dw and v all change.
"""
import numpy as np


def nesterov_update(w, dw, v, lr=0.1, weight_decay=0.0, momentum=0.9):
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.9, nesterov=True"""
    dw += weight_decay * w
    dw *= -lr
    v *= momentum
    v += dw
    dw += momentum * v
    w += dw


def zeros_like(params):
    return [np.zeros_like(p) for p in params]


def optimiser_step(weights, gradients, velocities, **kw):
    for w, dw, v in zip(weights, gradients, velocities):
        nesterov_update(w, dw, v, **kw)
