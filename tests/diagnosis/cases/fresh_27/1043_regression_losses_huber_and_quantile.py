"""Truth: two mistakes. huber's derivative asks e > delta where it needs |e| > delta, so that large negative errors get no
gradient; quantile's value has + for predictions above the target (its derivative is right). Poisson and MAPE are right.
"""
import numpy as np


def huber(y_true, y_pred, delta=1.0):
    e = y_pred - y_true
    small = np.abs(e) <= delta
    return np.mean(np.where(small, e ** 2 / 2, delta * (np.abs(e) - delta / 2)))


def huber_prime(y_true, y_pred, delta=1.0):
    e = y_pred - y_true
    a = (np.abs(e) <= delta).astype(float)
    b = (e > delta).astype(float)
    return (a * e + b * delta * np.sign(e)) / e.size


def quantile(y_true, y_pred, alpha=0.9):
    diff = y_true - y_pred
    mask = y_true > y_pred
    return (alpha * diff[mask].sum() + (1 - alpha) * diff[~mask].sum()) / y_true.size


def quantile_prime(y_true, y_pred, alpha=0.9):
    mask = y_true > y_pred
    return ((1 - alpha) * (~mask) - alpha * mask) / y_true.size


def poisson(y_true, y_pred):
    return np.mean(y_pred - y_true * np.log(y_pred))


def poisson_prime(y_true, y_pred):
    return (1 - y_true / y_pred) / y_true.size


def mape(y_true, y_pred):
    return 100 * np.mean(np.abs((y_true - y_pred) / y_true))


def mape_prime(y_true, y_pred):
    return -100 * np.sign(y_true - y_pred) / np.abs(y_true) / y_true.size
