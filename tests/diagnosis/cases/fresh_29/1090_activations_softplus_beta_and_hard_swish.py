"""Truth: two mistakes. Softplus with beta: beta cancels in the derivative, here it stays as a factor; hard swish's derivative is its
gate only, without the product rule. The other three are right. Training got worse with both, is it the functions?
"""
import numpy as np


def softplus(x, beta=2.0):
    """handnn: activation"""
    return np.log1p(np.exp(beta * x)) / beta


def softplus_derivative(x, beta=2.0):
    return beta / (1 + np.exp(-beta * x))


def hard_swish(x):
    """handnn: activation hard_silu"""
    return x * np.clip(x + 3, 0, 6) / 6


def hard_swish_derivative(x):
    return np.clip(x + 3, 0, 6) / 6


def log_sigmoid(x):
    """handnn: activation log_sigmoid"""
    return -np.logaddexp(0, -x)


def log_sigmoid_derivative(x):
    return 1 - 1 / (1 + np.exp(-x))


def squared_relu(x):
    return np.maximum(x, 0) ** 2


def squared_relu_derivative(x):
    return 2 * np.maximum(x, 0)


def bent_identity(x):
    return (np.sqrt(x ** 2 + 1) - 1) / 2 + x


def bent_identity_derivative(x):
    return x / (2 * np.sqrt(x ** 2 + 1)) + 1
