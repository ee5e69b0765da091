"""Truth: two mistakes. The derivative of the leaky ReLU is that of the plain one, and ELU's is written for the output but
is given the input. Softplus, swish and mish are right. I test a small library's functions one by one - is it me or it?
"""
import numpy as np


def leaky_relu(x, alpha=0.2):
    """handnn: activation leaky_relu"""
    return np.where(x > 0, x, alpha * x)


def leaky_relu_prime(x, alpha=0.2):
    return np.where(alpha * x > 0, 1.0, 0.0)


def elu(x, alpha=1.0):
    """handnn: activation elu"""
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def elu_prime(x, alpha=1.0):
    return np.where(x > 0, 1.0, x + alpha)


def softplus(x):
    """handnn: activation softplus"""
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def softplus_prime(x):
    return 1 / (1 + np.exp(-x))


def swish(x):
    """handnn: activation swish"""
    return x / (1 + np.exp(-x))


def swish_prime(x):
    y = swish(x)
    return y + softplus_prime(x) * (1 - y)


def mish(x):
    """handnn: activation mish"""
    return x * np.tanh(softplus(x))


def mish_prime(x):
    t = np.tanh(softplus(x))
    return t + x * softplus_prime(x) * (1 - t ** 2)
