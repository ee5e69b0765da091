"""Truth: sigmoid_backward knows the incoming gradient only and puts it through the sigmoid twice, s(1 - s(next_dz));
it must be next_dz * s(z) * (1 - s(z)) with the z of the forward pass.
"""
import numpy as np


def sigmoid_forward(z):
    """
    Sigmoid, forward.

    z: weighted inputs, (samples, units)
    """
    return 1 / (1 + np.exp(-z))


def sigmoid_backward(next_dz, z=None):
    """
    Sigmoid, backward.

    next_dz: gradient by the output of the activation
    """
    return sigmoid_forward(1 - sigmoid_forward(next_dz))
