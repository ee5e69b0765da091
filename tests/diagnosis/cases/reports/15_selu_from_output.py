"""Truth: the derivative of SELU from its output y is y + lambda alpha for x < 0, not lambda (y + alpha); the
case y > 0 is right. (the factor lambda applied to y a second time)
"""
import numpy as np

ALPHA, LAMBDA = 1.6732632423543772, 1.0507009873554805


def selu(x):
    """handnn: activation selu"""
    return np.where(x > 0, LAMBDA * x, LAMBDA * ALPHA * (np.exp(x) - 1))


def selu_derivative(y):
    """Of the output y = selu(x)."""
    return np.where(y > 0, LAMBDA, LAMBDA * (y + ALPHA))
