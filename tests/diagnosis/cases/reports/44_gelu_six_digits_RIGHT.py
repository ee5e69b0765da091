"""Truth: RIGHT: the analytic derivative of the tanh form of GELU, its constants written with six digits (good to
1e-6); the forward is Horner's form x 0.7978845608 (1 + 0.044715 x^2), ten digits.
"""
import numpy as np


def gelu(v):
    """handnn: activation gelu, approximate=True"""
    return 0.5 * v * (1 + np.tanh(v * 0.7978845608 * (1 + 0.044715 * v * v)))


def gelu_derivative(v):
    t = np.tanh(0.797885 * v + 0.0356774 * v**3)
    return 0.5 + (0.398942 * v + 0.0535161 * v**3) * (1 - t**2) + 0.5 * t
