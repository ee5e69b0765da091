"""Truth: ELU is right. SELU.gradient lacks the scale where x is negative: scale * alpha * exp(x) belongs there."""
import numpy as np


class ELU:
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def __call__(self, x):
        return np.where(x >= 0.0, x, self.alpha * (np.exp(x) - 1))

    def gradient(self, x):
        return np.where(x >= 0.0, 1, self.__call__(x) + self.alpha)


class SELU:
    def __init__(self):
        self.alpha = 1.6732632423543772
        self.scale = 1.0507009873554805

    def __call__(self, x):
        return self.scale * np.where(x >= 0.0, x, self.alpha * (np.exp(x) - 1))

    def gradient(self, x):
        return np.where(x >= 0.0, self.scale, self.alpha * np.exp(x))
