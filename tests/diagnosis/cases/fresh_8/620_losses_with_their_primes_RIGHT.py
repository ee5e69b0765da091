"""Truth: RIGHT. Smooth L1, hinge with signs, Kullback-Leibler."""
import numpy as np


def smooth_l1(y_true, y_pred, beta=1.0):
    d = np.abs(y_pred - y_true)
    return np.mean(np.where(d < beta, 0.5 * d**2 / beta, d - 0.5 * beta))


def smooth_l1_prime(y_true, y_pred, beta=1.0):
    d = y_pred - y_true
    return np.where(np.abs(d) < beta, d / beta, np.sign(d)) / y_true.size


def hinge(y_true, y_pred):
    return np.mean(np.maximum(0, 1 - y_true * y_pred))


def hinge_prime(y_true, y_pred):
    return np.where(y_true * y_pred < 1, -y_true, 0) / y_true.size


def kl_divergence(y_true, y_pred):
    return np.sum(y_true * np.log((y_true + 1e-12) / y_pred)) / len(y_true)


def kl_divergence_prime(y_true, y_pred):
    return -y_true / y_pred / len(y_true)
