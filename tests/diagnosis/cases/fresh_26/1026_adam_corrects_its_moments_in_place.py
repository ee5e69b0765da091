"""Truth: Adam divides the moments themselves by 1 - beta ** t, so that every correction stays in them. AMSGrad and RMSprop
are right. The first steps look fine, then the loss explodes: is the correction meant to be in place?
"""
import numpy as np


class Adam:
    """handnn: optimizer adam, learning_rate=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""

    def __init__(self, lr=0.002, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps = lr, betas, eps
        self.m, self.v, self.t = None, None, 0

    def update(self, w, g):
        b1, b2 = self.betas
        if self.m is None:
            self.m, self.v = np.zeros_like(w), np.zeros_like(w)
        self.t += 1
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g ** 2
        self.m /= 1 - b1 ** self.t
        self.v /= 1 - b2 ** self.t
        return w - self.lr * self.m / (np.sqrt(self.v) + self.eps)


class AMSGrad:
    """handnn: optimizer adam, learning_rate=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8, amsgrad=True"""

    def __init__(self, lr=0.002, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps = lr, betas, eps
        self.m, self.v, self.v_max, self.t = None, None, None, 0

    def update(self, w, g):
        b1, b2 = self.betas
        if self.m is None:
            self.m, self.v, self.v_max = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
        self.t += 1
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        self.v_max = np.maximum(self.v_max, self.v)
        rate = self.lr * np.sqrt(1 - b2 ** self.t) / (1 - b1 ** self.t)
        return w - rate * self.m / (np.sqrt(self.v_max) + self.eps)


class RMSprop:
    """handnn: optimizer rmsprop, learning_rate=0.002, rho=0.95, epsilon=1e-8"""

    def __init__(self, lr=0.002, rho=0.95, eps=1e-8):
        self.lr, self.rho, self.eps = lr, rho, eps
        self.cache = None

    def update(self, w, g):
        if self.cache is None:
            self.cache = np.zeros_like(w)
        self.cache += (1 - self.rho) * (g ** 2 - self.cache)
        return w - self.lr * g / (np.sqrt(self.cache) + self.eps)
