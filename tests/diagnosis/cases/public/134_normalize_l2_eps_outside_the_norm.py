"""Truth: the output is x / (|x| + eps), but backward differentiates as if the kept norm (eps included) were |x|: the
second term must divide by the bare norm once and by norm + eps twice. Shows where eps is not negligible.
"""
import numpy as np


class NormalizeL2(object):
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, eps=0.1):
        self.eps = eps

    def forward(self, x):
        self.x = x
        self.norm = np.linalg.norm(x, axis=1, keepdims=True) + self.eps
        return x / self.norm

    def backward(self, gy):
        x = self.x
        gx = gy * self.norm - (x * gy).sum(axis=1, keepdims=True) * x / self.norm
        gx = gx / self.norm**2
        return gx
