"""Truth: Adadelta's second average is that of the squared STEPS; here it is fed with the squared gradient. The networks' parameters are
kept in dicts; Lion beside it is right.
"""
import numpy as np


class Adadelta:
    def __init__(self, learning_rate=1.0, rho=0.95, epsilon=1e-6):
        self.lr, self.rho, self.eps = learning_rate, rho, epsilon
        self.Eg, self.Edx = {}, {}

    def update(self, params, grads):
        for key in params:
            if key not in self.Eg:
                self.Eg[key] = np.zeros_like(params[key])
                self.Edx[key] = np.zeros_like(params[key])
            g = grads[key]
            self.Eg[key] = self.rho * self.Eg[key] + (1 - self.rho) * g**2
            step = np.sqrt(self.Edx[key] + self.eps) / np.sqrt(self.Eg[key] + self.eps) * g
            self.Edx[key] = self.rho * self.Edx[key] + (1 - self.rho) * g**2
            params[key] -= self.lr * step


class Lion:
    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.99):
        self.lr, self.b1, self.b2 = learning_rate, beta_1, beta_2
        self.m = {}

    def update(self, params, grads):
        for key, g in grads.items():
            m = self.m.get(key, np.zeros_like(g))
            params[key] -= self.lr * np.sign(self.b1 * m + (1 - self.b1) * g)
            self.m[key] = self.b2 * m + (1 - self.b2) * g
