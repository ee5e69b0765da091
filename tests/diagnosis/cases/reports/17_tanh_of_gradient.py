"""Truth: tanh_backward(next_dz) returns 1 - tanh(next_dz)^2: the derivative is taken at the incoming gradient,
and that is not multiplied in.
"""
import numpy as np


def tanh(z):
    """handnn: activation tanh"""
    return np.tanh(z)


def tanh_backward(next_dz):
    return 1 - np.square(np.tanh(next_dz))


class Tanh:
    """handnn: layer Activation('tanh')"""

    def forward(self, z):
        return np.tanh(z)

    def backward(self, next_dz):
        return 1 - np.square(np.tanh(next_dz))
