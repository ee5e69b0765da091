"""Truth: two mistakes. Nadam's powers of beta are made anew from beta at every call, so they never grow; Adadelta's second average
is fed with the gradient instead of the step. AMSGrad is right. Nadam is fast at first and then far too fast.
"""
import numpy as np


class Nadam:
    """Dozat's first form, with one beta1."""

    def __init__(self, eta=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.eta, self.beta1, self.beta2, self.eps = eta, beta1, beta2, eps
        self.state = {}

    def update(self, key, x, grad):
        if key not in self.state:
            self.state[key] = (np.zeros_like(x), np.zeros_like(x), self.beta1, self.beta2)
        m, v = self.state[key][:2]
        b1p, b2p = self.beta1, self.beta2
        m = self.beta1 * m + (1 - self.beta1) * grad
        v = self.beta2 * v + (1 - self.beta2) * grad ** 2
        m_hat = self.beta1 * m / (1 - b1p * self.beta1) + (1 - self.beta1) * grad / (1 - b1p)
        x -= self.eta * m_hat / (np.sqrt(v / (1 - b2p)) + self.eps)
        self.state[key] = (m, v, b1p * self.beta1, b2p * self.beta2)


class Adadelta:
    """handnn: optimizer adadelta, learning_rate=1.0, rho=0.95, epsilon=1e-6"""

    def __init__(self, rho=0.95, eps=1e-6):
        self.rho, self.eps = rho, eps
        self.state = {}

    def update(self, key, x, grad):
        if key not in self.state:
            self.state[key] = [np.zeros_like(x), np.zeros_like(x)]
        g2, d2 = self.state[key]
        g2 = self.rho * g2 + (1 - self.rho) * grad ** 2
        step = np.sqrt(d2 + self.eps) / np.sqrt(g2 + self.eps) * grad
        d2 = self.rho * d2 + (1 - self.rho) * grad ** 2
        self.state[key] = [g2, d2]
        x -= step


class AMSGrad:
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-7, amsgrad=True"""

    def __init__(self, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-7):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.state, self.t = {}, {}

    def update(self, key, x, grad):
        m, v, top = self.state.get(key, (np.zeros_like(x),) * 3)
        t = self.t[key] = self.t.get(key, 0) + 1
        m = self.beta1 * m + (1 - self.beta1) * grad
        v = self.beta2 * v + (1 - self.beta2) * grad * grad
        top = np.maximum(top, v)
        self.state[key] = (m, v, top)
        x -= self.lr * np.sqrt(1 - self.beta2 ** t) / (1 - self.beta1 ** t) * m / (np.sqrt(top) + self.eps)


if __name__ == "__main__":
    for rule in (Nadam(), Adadelta(), AMSGrad()):
        w = np.array([1.0, -2.0, 0.5])
        for step in range(100):
            rule.update("w", w, 2 * (w - 3))
        print(type(rule).__name__, w)
