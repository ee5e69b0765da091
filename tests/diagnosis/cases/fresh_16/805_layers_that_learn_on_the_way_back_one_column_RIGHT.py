"""Truth: RIGHT. A base class, a dense layer that keeps the gradient for its input before it moves, and activation layers made of two
lambdas; one column at a time.
"""
import numpy as np
from abc import ABC, abstractmethod


class Stage(ABC):
    @abstractmethod
    def forward(self, x):
        ...

    @abstractmethod
    def backward(self, upstream, rate):
        ...


class Dense(Stage):
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(0, 1, (n_out, n_in))
        self.b = np.random.normal(0, 1, (n_out, 1))

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b

    def backward(self, upstream, rate):
        for_input = self.W.T @ upstream
        self.W -= rate * (upstream @ self.x.T)
        self.b -= rate * upstream
        return for_input


class Elementwise(Stage):
    def __init__(self, f, slope):
        self.f, self.slope = f, slope

    def forward(self, x):
        self.x = x
        return self.f(x)

    def backward(self, upstream, rate):
        return upstream * self.slope(self.x)


class Tanh(Elementwise):
    def __init__(self):
        Elementwise.__init__(self, np.tanh, lambda a: 1 - np.tanh(a) ** 2)


def mse(goal, result):
    return np.mean((goal - result) ** 2)


def mse_prime(goal, result):
    return 2 * (result - goal) / goal.size


def train(stages, samples, epochs, rate):
    for epoch in range(epochs):
        total = 0.0
        for x, goal in samples:
            signal = x
            for stage in stages:
                signal = stage.forward(signal)
            total += mse(goal, signal)
            error = mse_prime(goal, signal)
            for stage in stages[::-1]:
                error = stage.backward(error, rate)
        if epoch % 100 == 0:
            print("%4d %.4f" % (epoch, total / len(samples)))


if __name__ == "__main__":
    np.random.seed(0)
    table = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    samples = [(np.array([[a], [b]], dtype=float), np.array([[float(c)]])) for a, b, c in table]
    train([Dense(2, 3), Tanh(), Dense(3, 1), Tanh()], samples, 400, 0.1)
