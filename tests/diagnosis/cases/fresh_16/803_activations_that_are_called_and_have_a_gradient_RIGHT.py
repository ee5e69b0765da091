"""Truth: RIGHT. Classes that are called with x, and give the slope at the same x, element by element."""
import numpy as np


class Logistic:
    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self(x) * (1 - self(x))


class ScaledELU:
    """Numbers of the paper, so that mean and variance are kept."""

    def __init__(self, alpha=1.6732632, scale=1.0507010):
        self.alpha, self.scale = alpha, scale

    def __call__(self, x):
        below = self.alpha * (np.exp(x) - 1)
        return self.scale * np.where(x > 0, x, below)

    def gradient(self, x):
        return np.where(x > 0, self.scale, self.scale * self.alpha * np.exp(x))


class SoftSign:
    def __call__(self, x):
        return x / (1 + np.abs(x))

    def gradient(self, x):
        return 1 / (1 + np.abs(x)) ** 2


class GELU:
    """The form with a hyperbolic tangent."""
    c = np.sqrt(2 / np.pi)
    k = 0.044715

    def __call__(self, x):
        return 0.5 * x * (1 + np.tanh(self.c * (x + self.k * x ** 3)))

    def gradient(self, x):
        t = np.tanh(self.c * (x + self.k * x ** 3))
        inner = self.c * (1 + 3 * self.k * x ** 2)
        return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * inner


BY_NAME = {kind.__name__.lower(): kind for kind in (Logistic, ScaledELU, SoftSign, GELU)}


def get(name):
    return BY_NAME[name]()


if __name__ == "__main__":
    grid = np.linspace(-3, 3, 7)
    for name in BY_NAME:
        act = get(name)
        print("%10s" % name, act(grid).round(3), act.gradient(grid).round(3))
