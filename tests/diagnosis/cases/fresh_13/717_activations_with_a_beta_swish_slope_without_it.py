"""Truth: the derivative of x * sigmoid(beta x) is beta * y + s * (1 - beta * y); here it is the one for beta = 1, y + s * (1 - y), while
the default of beta is 1.7. Mish, softplus with a beta, and the hard swish are right.
"""
import numpy as np


class Activation:
    def __call__(self, x):
        raise NotImplementedError

    def derivative(self, x):
        raise NotImplementedError


class Swish(Activation):
    def __init__(self, beta=1.7):
        self.beta = beta

    def __call__(self, x):
        return x / (1 + np.exp(-self.beta * x))

    def derivative(self, x):
        s = 1 / (1 + np.exp(-self.beta * x))
        y = self(x)
        return y + s * (1 - y)


class Softplus(Activation):
    def __init__(self, beta=2.0):
        self.beta = beta

    def __call__(self, x):
        return np.logaddexp(0, self.beta * x) / self.beta

    def derivative(self, x):
        return 1 / (1 + np.exp(-self.beta * x))


class Mish(Activation):
    def __call__(self, x):
        return x * np.tanh(np.logaddexp(0, x))

    def derivative(self, x):
        # the long formula with omega and delta
        e = np.exp(x)
        omega = 4 * (x + 1) + 4 * e**2 + e**3 + e * (4 * x + 6)
        delta = 2 * e + e**2 + 2
        return e * omega / delta**2


class HardSwish(Activation):
    def __call__(self, x):
        return x * np.clip(x + 3, 0, 6) / 6

    def derivative(self, x):
        return np.where(x < -3, 0, np.where(x > 3, 1, (2 * x + 3) / 6))


if __name__ == "__main__":
    grid = np.linspace(-5, 5, 11)
    for act in (Swish(), Softplus(), Mish(), HardSwish()):
        print(f"{type(act).__name__:10s}", act(grid).round(3), act.derivative(grid).round(3))
