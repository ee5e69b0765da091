"""Truth: v_prev must be the velocity BEFORE this step; it is copied after the velocity was updated, so that the step is
v itself: no look-ahead. Parameters and gradients in dicts.
"""
import numpy as np


class NesterovMomentum:
    """handnn: optimizer sgd, learning_rate=0.05, momentum=0.9, nesterov=True"""

    def __init__(self, lr=0.05, mu=0.9):
        self.lr = lr
        self.mu = mu
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = {}
            for key, val in params.items():
                self.v[key] = np.zeros_like(val)
        for key in params.keys():
            self.v[key] = self.mu * self.v[key] - self.lr * grads[key]
            v_prev = self.v[key].copy()
            params[key] += -self.mu * v_prev + (1 + self.mu) * self.v[key]
