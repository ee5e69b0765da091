"""Truth: the cache is SET to the squared gradient (`=`); it must be added (`+=`): without the sum every step is the
rate times the sign.
"""
import numpy as np


class AdaGrad:
    """handnn: optimizer adagrad, learning_rate=0.1, initial_accumulator_value=0.0, epsilon=1e-7"""

    def __init__(self, lr=0.1, eps=1e-7):
        self.lr = lr
        self.eps = eps
        self.h = None

    def update(self, params, grads):
        if self.h is None:
            self.h = {key: np.zeros_like(val) for key, val in params.items()}

        for key in params:
            self.h[key] = grads[key] * grads[key]
            params[key] -= self.lr * grads[key] / (np.sqrt(self.h[key]) + self.eps)
