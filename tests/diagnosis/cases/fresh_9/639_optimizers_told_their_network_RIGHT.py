"""Truth: RIGHT. Adagrad and Nesterov momentum as small classes over lists of parameters and gradients."""
import numpy as np


class Adagrad:
    def __init__(self, lr=0.01, eps=1e-7, start=0.1):
        self.lr, self.eps, self.start = lr, eps, start
        self.h = None

    def update(self, params, grads):
        if self.h is None:
            self.h = [np.full_like(p, self.start) for p in params]
        for i in range(len(params)):
            self.h[i] += grads[i] * grads[i]
            params[i] -= self.lr * grads[i] / np.sqrt(self.h[i] + self.eps)


class Nesterov:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum = lr, momentum
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = [np.zeros_like(p) for p in params]
        for p, g, v in zip(params, grads, self.v):
            v *= self.momentum
            v -= self.lr * g
            p += self.momentum * v - self.lr * g
