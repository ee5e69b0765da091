"""Truth: RIGHT, both. 'The factorial is missing' was reported of the first: it does not depend on the prediction."""
import numpy as np


def poisson_nll(y_true, log_rate):
    return np.mean(np.exp(log_rate) - y_true * log_rate)


def poisson_nll_grad(y_true, log_rate):
    return (np.exp(log_rate) - y_true) / log_rate.size


def exponential_loss(y_true, y_pred):
    return np.sum(np.exp(-y_true * y_pred)) / len(y_pred)


def exponential_loss_grad(y_true, y_pred):
    return -y_true * np.exp(-y_true * y_pred) / len(y_pred)
