"""Truth: in the quotient rule the derivative of the denominator by p, y + alpha (1 - y) - beta y, lacks its last term. One minus the
index, over all elements.
"""
import numpy as np

SMOOTH = 1.0


def tversky_loss(y_true, y_pred, alpha=0.3, beta=0.7):
    tp = np.sum(y_true * y_pred)
    fp = np.sum((1 - y_true) * y_pred)
    fn = np.sum(y_true * (1 - y_pred))
    return 1 - (tp + SMOOTH) / (tp + alpha * fp + beta * fn + SMOOTH)


def tversky_loss_gradient(y_true, y_pred, alpha=0.3, beta=0.7):
    tp = np.sum(y_true * y_pred)
    fp = np.sum((1 - y_true) * y_pred)
    fn = np.sum(y_true * (1 - y_pred))
    den = tp + alpha * fp + beta * fn + SMOOTH
    d_den = y_true + alpha * (1 - y_true)
    return -(y_true * den - (tp + SMOOTH) * d_den) / den**2
