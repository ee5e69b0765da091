"""Truth: RIGHT. The focal loss of scores for labels 0 and 1 as an objective for boosting: a sum, and its derivative by the scores. The
hinge and its square with labels 0 and 1 turned into -1 and 1.
"""
import numpy as np


def expit(z):
    return 1.0 / (1.0 + np.exp(-z))


def focal_loss(y_true, z, alpha=0.25, gamma=2.0):
    p = expit(z)
    p_t = np.where(y_true == 1, p, 1 - p)
    a_t = np.where(y_true == 1, alpha, 1 - alpha)
    return np.sum(-a_t * (1 - p_t) ** gamma * np.log(p_t))


def focal_loss_grad(y_true, z, alpha=0.25, gamma=2.0):
    p = expit(z)
    sign = np.where(y_true == 1, 1, -1)
    p_t = np.where(y_true == 1, p, 1 - p)
    a_t = np.where(y_true == 1, alpha, 1 - alpha)
    return a_t * sign * (1 - p_t) ** gamma * (gamma * p_t * np.log(p_t) + p_t - 1)


def squared_hinge(y_true, z):
    y = 2 * y_true - 1
    return np.mean(np.maximum(0, 1 - y * z) ** 2)


def squared_hinge_grad(y_true, z):
    y = 2 * y_true - 1
    return -2 * y * np.maximum(0, 1 - y * z) / y.size
