"""Truth: the inner derivative of log1p(preds) is 1 / (1 + preds), not 1 / (1 + y). Objectives for a boosting library: a loss, and a
function that gives the derivative by the predictions and the second one, which is not judged. The fair loss is right.
"""
import numpy as np


def rmsle(y, preds):
    return np.sqrt(np.mean((np.log1p(preds) - np.log1p(y)) ** 2))


def rmsle_grad(y, preds):
    n = len(y)
    return (np.log1p(preds) - np.log1p(y)) / (n * rmsle(y, preds)) / (1 + y)


def fair(y, preds, c=1.5):
    x = np.abs(preds - y)
    return np.sum(c**2 * (x / c - np.log(1 + x / c)))


def fair_grad(y, preds, c=1.5):
    x = preds - y
    return c * x / (np.abs(x) + c)
