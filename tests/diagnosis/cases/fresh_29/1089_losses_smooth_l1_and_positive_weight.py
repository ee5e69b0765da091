"""Truth: two mistakes. Smooth L1 is not divided by beta in its quadratic part; the weighted cross-entropy's gradient weighs p - y as
a whole with pos_weight, but only the positive term has it. The other two are right.
"""
import numpy as np


def smooth_l1(pred, target, beta=0.5):
    """handnn: loss"""
    diff = np.abs(pred - target)
    return np.mean(np.where(diff < beta, 0.5 * diff ** 2 / beta, diff - 0.5 * beta))


def smooth_l1_grad(pred, target, beta=0.5):
    diff = pred - target
    return np.where(np.abs(diff) < beta, diff, np.sign(diff)) / pred.size


def weighted_bce_logits(logits, labels, pos_weight=3.0):
    """handnn: loss"""
    softplus = np.logaddexp(0, -logits)
    return np.mean(pos_weight * labels * softplus + (1 - labels) * (logits + softplus))


def weighted_bce_logits_grad(logits, labels, pos_weight=3.0):
    p = 1 / (1 + np.exp(-logits))
    return pos_weight * (p - labels) / logits.size


def log_cosh(pred, target):
    """handnn: loss log_cosh"""
    d = np.abs(pred - target)
    return np.mean(d + np.log1p(np.exp(-2 * d)) - np.log(2))


def log_cosh_grad(pred, target):
    return np.tanh(pred - target) / pred.size


def poisson_log_rate(log_rate, counts):
    """handnn: loss"""
    return np.mean(np.exp(log_rate) - counts * log_rate)


def poisson_log_rate_grad(log_rate, counts):
    return (np.exp(log_rate) - counts) / log_rate.size
