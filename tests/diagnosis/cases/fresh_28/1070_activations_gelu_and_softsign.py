"""Truth: two mistakes. The inner derivative of GELU lacks the 3 of x ** 3, softsign's the square. SiLU and the hard tanh are
right. I have plotted all the derivatives and these two look a bit too flat or too fat, can that be?
"""
import numpy as np

C = np.sqrt(2 / np.pi)


def gelu(x):
    """handnn: activation gelu, approximate=True"""
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x ** 3)))


def gelu_derivative(x):
    t = np.tanh(C * (x + 0.044715 * x ** 3))
    inner = C * (1 + 0.044715 * x ** 2)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * inner


def softsign(x):
    """handnn: activation softsign"""
    return x / (1 + np.abs(x))


def softsign_derivative(x):
    return 1 / (1 + np.abs(x))


def silu(x):
    """handnn: activation silu"""
    return x / (1 + np.exp(-x))


def silu_derivative(x):
    s = 1 / (1 + np.exp(-x))
    return s * (1 + x * (1 - s))


def hard_tanh(x):
    """handnn: activation hard_tanh"""
    return np.clip(x, -1, 1)


def hard_tanh_derivative(x):
    return np.where(np.abs(x) < 1, 1.0, 0.0)
