"""Truth: the VALUE is wrong: b = (e > d) leaves out large negative errors, which then cost 0; it must be abs(e) > d.
The derivative below is the right one of Huber's loss.
"""
import numpy as np


def huber_loss(y_true, y_pred, d=1.0):
    """handnn: loss huber"""
    e = y_pred - y_true
    a = (abs(e) <= d).astype(float)
    b = (e > d).astype(float)
    return np.mean(a * e**2 / 2 + b * d * (abs(e) - d / 2))


def huber_loss_derivative(y_true, y_pred, d=1.0):
    e = y_pred - y_true
    return np.where(abs(e) <= d, e, d * np.sign(e)) / e.size
