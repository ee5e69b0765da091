"""Truth: the VALUE is wrong: x / (1 + exp(-x)) is the swish; the sigmoid has 1 in the numerator. The derivative, of the
output, is the sigmoid's: y (1 - y).
"""
import numpy as np


def Sigmoid(x):
    """handnn: activation sigmoid"""
    return x / (1 + np.exp(-x))


def SigmoidDerivative(y):
    """Of the output y = Sigmoid(x)."""
    return y * (1 - y)


def Identity(x):
    return x


def IdentityDerivative(x):
    return np.ones_like(x)
