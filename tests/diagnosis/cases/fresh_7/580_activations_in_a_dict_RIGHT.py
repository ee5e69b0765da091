"""Truth: RIGHT, both. The tanh form of GELU, and swish with a slope of its own for x."""
import numpy as np


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_derivative(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)


def swish(x):
    return x / (1 + np.exp(-x))


def swish_derivative(x):
    s = 1 / (1 + np.exp(-x))
    return swish(x) + s * (1 - swish(x))


ACTIVATIONS = {"gelu": (gelu, gelu_derivative), "swish": (swish, swish_derivative)}
