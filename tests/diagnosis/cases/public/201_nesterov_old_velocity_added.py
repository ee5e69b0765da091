"""Truth: the old velocity must be subtracted: x += -mu v_prev + (1 + mu) v; here it is added, so that each step takes
2 mu v_prev too much.
"""
import numpy as np


class NesterovMomentum:
    """handnn: optimizer sgd, learning_rate=0.01, momentum=0.9, nesterov=True"""

    def __init__(self, learning_rate=0.01, mu=0.9):
        self.learning_rate = learning_rate
        self.mu = mu
        self.v = {}

    def step(self, params, grads):
        for name, x in params.items():
            dx = grads["d" + name]
            v_prev = self.v.get(name, np.zeros_like(x))
            v = self.mu * v_prev - self.learning_rate * dx
            x += self.mu * v_prev + (1 + self.mu) * v
            self.v[name] = v
