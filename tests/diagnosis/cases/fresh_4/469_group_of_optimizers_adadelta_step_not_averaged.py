"""Truth: the average of the squared steps must be updated with the STEP squared; it is with the gradient squared. AdaGrad
beside it is right.
"""
import numpy as np


class AdaGrad:
    """handnn: optimizer adagrad, learning_rate=0.01, epsilon=1e-7, initial_accumulator_value=0.0"""

    def __init__(self, lr=0.01):
        self.lr = lr
        self.h = None

    def update(self, params, grads):
        if self.h is None:
            self.h = {key: np.zeros_like(val) for key, val in params.items()}
        for key in params.keys():
            self.h[key] += grads[key] * grads[key]
            params[key] -= self.lr * grads[key] / (np.sqrt(self.h[key]) + 1e-7)


class AdaDelta:
    """handnn: optimizer adadelta, learning_rate=1.0, rho=0.95, epsilon=1e-6"""

    def __init__(self, rho=0.95, eps=1e-6):
        self.rho, self.eps = rho, eps
        self.Eg = self.Ed = None

    def update(self, params, grads):
        if self.Eg is None:
            self.Eg = {k: np.zeros_like(v) for k, v in params.items()}
            self.Ed = {k: np.zeros_like(v) for k, v in params.items()}
        for k in params:
            g = grads[k]
            self.Eg[k] = self.rho * self.Eg[k] + (1 - self.rho) * g * g
            delta = -np.sqrt(self.Ed[k] + self.eps) / np.sqrt(self.Eg[k] + self.eps) * g
            self.Ed[k] = self.rho * self.Ed[k] + (1 - self.rho) * g * g
            params[k] += delta
