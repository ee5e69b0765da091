"""Truth: Adam counts its steps in the loop over the parameters, so that t grows by the number of arrays in each step and the correction
of the bias is too weak for all but the first: the count belongs before the loop. The other optimizers are right.
"""
import numpy as np


class NesterovSGD:
    """ v = mu v - lr g;  p = p + mu v - lr g """

    def __init__(self, params, lr=0.01, mu=0.9):
        self.params, self.lr, self.mu = params, lr, mu
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for v, p, g in zip(self.v, self.params, grads):
            v *= self.mu
            v -= self.lr * g
            p += self.mu * v - self.lr * g


class RMSprop:
    def __init__(self, params, lr=0.001, rho=0.9, eps=1e-8):
        self.params, self.lr, self.rho, self.eps = params, lr, rho, eps
        self.s = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for s, p, g in zip(self.s, self.params, grads):
            s += (1 - self.rho) * (g * g - s)
            p -= self.lr * g / (np.sqrt(s) + self.eps)


class Adam:
    def __init__(self, params, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.eps = params, lr, eps
        self.beta1, self.beta2 = beta1, beta2
        self.t = 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.t += 1
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g ** 2
            m_hat = self.m[i] / (1 - self.beta1 ** self.t)
            v_hat = self.v[i] / (1 - self.beta2 ** self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
