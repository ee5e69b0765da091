"""Truth: RIGHT. Log-cosh, quantile and Poisson losses, each with a function of its derivative by the prediction."""
import numpy as np


def log_cosh(y_true, y_pred):
    e = y_pred - y_true
    return np.mean(np.abs(e) + np.log1p(np.exp(-2 * np.abs(e))) - np.log(2))


def d_log_cosh(y_true, y_pred):
    return np.tanh(y_pred - y_true) / y_true.size


def quantile_loss(y_true, y_pred, q=0.8):
    e = y_true - y_pred
    return np.mean(np.maximum(q * e, (q - 1) * e))


def quantile_loss_gradient(y_true, y_pred, q=0.8):
    return np.where(y_true > y_pred, -q, 1 - q) / y_true.size


def poisson_loss(y_true, y_pred):
    return np.mean(y_pred - y_true * np.log(y_pred))


def poisson_loss_gradient(y_true, y_pred):
    return (1 - y_true / y_pred) / y_true.size


LOSSES = {"log_cosh": (log_cosh, d_log_cosh), "quantile": (quantile_loss, quantile_loss_gradient)}
