"""Truth: RMSProp starts with the whole first square, where the book's formula (and everybody's) has (1 - beta) of it, from an
accumulator of 0. Momentum and AdaGrad are right. Shouldn't the first value be (1 - beta) * g * g?
"""
import numpy as np


class Optimizer:
    def __init__(self, learning_rate=0.01):
        self.learning_rate = learning_rate

    def update(self, values, gradients):
        """Both are dicts from a node's name to an array."""
        for node in values:
            self._update(node, values, gradients[node])


class Momentum(Optimizer):
    """handnn: optimizer sgd, learning_rate=0.01, momentum=0.9"""

    def __init__(self, learning_rate=0.01, momentum=0.9):
        Optimizer.__init__(self, learning_rate)
        self.momentum = momentum
        self.v = {}

    def _update(self, node, values, gradient):
        if node not in self.v:
            self.v[node] = -self.learning_rate * gradient
        else:
            self.v[node] = self.momentum * self.v[node] - self.learning_rate * gradient
        values[node] = values[node] + self.v[node]


class AdaGrad(Optimizer):
    """handnn: optimizer adagrad, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-10"""

    def __init__(self, learning_rate=0.01):
        Optimizer.__init__(self, learning_rate)
        self.s = {}

    def _update(self, node, values, gradient):
        if node not in self.s:
            self.s[node] = np.power(gradient, 2)
        else:
            self.s[node] = self.s[node] + np.power(gradient, 2)
        values[node] = values[node] - self.learning_rate * gradient / np.sqrt(self.s[node] + 1e-10)


class RMSProp(Optimizer):
    """handnn: optimizer rmsprop, learning_rate=0.01, rho=0.9, epsilon=1e-10"""

    def __init__(self, learning_rate=0.01, beta=0.9):
        Optimizer.__init__(self, learning_rate)
        self.beta = beta
        self.s = {}

    def _update(self, node, values, gradient):
        if node not in self.s:
            self.s[node] = np.power(gradient, 2)
        else:
            self.s[node] = self.beta * self.s[node] + (1 - self.beta) * np.power(gradient, 2)
        values[node] = values[node] - self.learning_rate * gradient / np.sqrt(self.s[node] + 1e-10)
