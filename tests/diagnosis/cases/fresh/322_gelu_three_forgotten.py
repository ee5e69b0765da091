"""Truth: the derivative of 0.044715 x^3 lacks its 3."""
import numpy as np

SQRT_2_PI = np.sqrt(2 / np.pi)


def gelu_forward(x):
    inner = SQRT_2_PI * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(inner))


def gelu_backward(dout, x):
    inner = SQRT_2_PI * (x + 0.044715 * x**3)
    t = np.tanh(inner)
    sech2 = 1 - t**2
    d_inner = SQRT_2_PI * (1 + 0.044715 * x**2)
    return dout * (0.5 * (1 + t) + 0.5 * x * sech2 * d_inner)
