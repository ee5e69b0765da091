"""Truth: all right. Every derivative is written for the OUTPUT of its function, s * (1 - s) and so on; hard swish, which has no
such form, takes the input. Somebody commented that sigmoidPrime is wrong and must call the sigmoid: must it?
"""
import numpy as np


def sigmoid(x):
    """handnn: activation sigmoid"""
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(s):
    return s * (1 - s)


def softplus(x):
    """handnn: activation softplus"""
    return np.logaddexp(0, x)


def softplus_prime(s):
    # s = log(1 + e^x), therefore e^-s = 1 / (1 + e^x)
    return 1 - np.exp(-s)


def elu(x, alpha=1.0):
    """handnn: activation elu"""
    return np.where(x > 0, x, alpha * np.expm1(x))


def elu_prime(s, alpha=1.0):
    return np.where(s > 0, 1.0, s + alpha)


def softsign(x):
    """handnn: activation softsign"""
    return x / (1 + np.abs(x))


def softsign_prime(s):
    return (1 - np.abs(s)) ** 2


def hard_swish(x):
    return x * np.clip(x + 3, 0, 6) / 6


def hard_swish_prime(x):
    return np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, (2 * x + 3) / 6))
