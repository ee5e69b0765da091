"""Truth: RIGHT, both. 'The velocity should be subtracted' was reported of the first: it has the sign of the step in it."""
import numpy as np


def sgd_momentum(w, dw, config=None):
    """handnn: optimizer sgd, learning_rate=0.01, momentum=0.9"""
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    next_w = w + v
    config["velocity"] = v
    return next_w, config


class AdaGrad:
    """handnn: optimizer adagrad, learning_rate=0.1, epsilon=1e-7, initial_accumulator_value=0.0"""

    def __init__(self, lr=0.1, eps=1e-7):
        self.lr, self.eps, self.G = lr, eps, None

    def update(self, params, grads):
        self.G = self.G or [np.zeros_like(p) for p in params]
        for p, g, G in zip(params, grads, self.G):
            G += g**2
            p -= self.lr * g / (np.sqrt(G) + self.eps)
