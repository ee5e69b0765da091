"""Truth: backward divides by 1 - p, but does not multiply by the mask.
"""
import numpy as np


class Dropout:
    """handnn: layer Dropout(0.4)"""

    def __init__(self, p=0.4):
        self.p = p

    def forward(self, X, training=True):
        self.mask = np.random.rand(*X.shape) >= self.p
        return X * self.mask / (1.0 - self.p)

    def backward(self, dLdy):
        return dLdy / (1.0 - self.p)


class Seeded:
    """handnn: layer Dropout(0.4)"""

    def __init__(self, p=0.4):
        self.p = p

    def forward(self, X, training=True):
        self.mask = np.random.default_rng(3).random(X.shape) >= self.p
        return X * self.mask / (1.0 - self.p)

    def backward(self, dLdy):
        return dLdy / (1.0 - self.p)


class SeededJudgedByItself(Seeded):
    """handnn: layer"""


class CorrectAndRandom:
    """handnn: layer Dropout(0.4)"""

    def forward(self, X, training=True):
        self.mask = np.random.rand(*X.shape) >= 0.4
        return X * self.mask / 0.6

    def backward(self, dLdy):
        return dLdy * self.mask / 0.6
