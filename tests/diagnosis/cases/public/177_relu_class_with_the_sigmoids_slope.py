"""Truth: the derivative in the class of the relu is the sigmoid's, a (1 - a); it must be 1 above the threshold, else 0.
The function gets b, the input, and a, the output.
"""
import numpy as np


class ActivationReLU:
    """handnn: activation relu"""

    def __init__(self, threshold=0.0, low=0.0):
        self.params = [threshold, low]

    def activation_function(self, x):
        x = np.array(x, dtype=float)
        x[x <= self.params[0]] = self.params[1]
        return x

    def derivative_function(self, b, a):
        return a * (1.0 - a)

    @property
    def has_derivative(self):
        return True
