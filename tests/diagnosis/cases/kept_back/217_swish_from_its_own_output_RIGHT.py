"""Truth: RIGHT. 'f + s (1 - f) cannot be the derivative, x is missing' was said: with f = x s, s + x s (1 - s) is the
same (here with beta).
"""
import numpy as np


class Swish:
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, beta=1.5):
        self.beta = beta
        self.out = None

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def forward(self, x):
        self.sig = self.sigmoid(self.beta * x)
        self.out = x * self.sig
        return self.out

    def backward(self, dout):
        bf = self.beta * self.out
        dx = dout * (bf + self.sig * (1 - bf))
        return dx
