"""Truth: the derivative of softplus is 1 / (1 + e^-x); the sign of the exponent is missing. The sigmoid beside it is right. Functions
with a flag for the derivative.
"""
import numpy as np


def sigmoid(x, derivative=False):
    s = 1 / (1 + np.exp(-x))
    if derivative:
        return s * (1 - s)
    return s


def softplus(x, derivative=False):
    if derivative:
        return 1 / (1 + np.exp(x))
    return np.log(1 + np.exp(x))
