"""Truth: the gradient of the fair loss is taken by the residual, true - pred, not by the prediction: its sign is wrong. The
other two objectives are right. It worked with the old version, now every prediction of the boosted trees is 0.5.
"""
import numpy as np


def fair_loss(true, pred):
    """handnn: loss"""
    c = 1.5
    x = np.abs(true - pred)
    return np.sum(c ** 2 * (x / c - np.log(1 + x / c)))


def fair_loss_gradient(true, pred):
    c = 1.5
    x = true - pred
    den = np.abs(x) + c
    return c * x / den


def smape(labels, preds):
    """handnn: loss"""
    epsilon = 1e-4
    return np.sum(np.abs(preds - labels) / (np.abs(preds) + np.abs(labels) + epsilon))


def smape_gradient(labels, preds):
    epsilon = 1e-4
    total = np.abs(preds) + np.abs(labels) + epsilon
    diff = preds - labels
    return np.sign(diff) / total - np.abs(diff) * np.sign(preds) / total ** 2


def log_cosh(true, pred):
    """handnn: loss"""
    x = true - pred
    return np.sum(np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2))


def log_cosh_gradient(true, pred):
    x = true - pred
    return -np.tanh(x)
