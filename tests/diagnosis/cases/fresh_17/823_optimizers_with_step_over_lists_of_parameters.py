"""Truth: one decay in the place of the other. Optimizers as classes that hold a list of arrays and take the list of their gradients,
compared on a valley at the end.
"""
import numpy as np


class Optimizer:
    def __init__(self, params, lr):
        self.params = params
        self.lr = lr

    def step(self, grads):
        raise NotImplementedError


class Momentum(Optimizer):
    def __init__(self, params, lr=0.01, beta=0.9):
        super().__init__(params, lr)
        self.beta = beta
        self.velocity = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.velocity[i] = self.beta * self.velocity[i] - self.lr * g
            p += self.velocity[i]


class Nesterov(Optimizer):
    """The form in which the parameters are those looked ahead at."""

    def __init__(self, params, lr=0.01, beta=0.9):
        super().__init__(params, lr)
        self.beta = beta
        self.velocity = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for i, (p, g) in enumerate(zip(self.params, grads)):
            before = self.velocity[i]
            self.velocity[i] = self.beta * before - self.lr * g
            p += -self.beta * before + (1 + self.beta) * self.velocity[i]


class RMSProp(Optimizer):
    def __init__(self, params, lr=0.01, rho=0.9, eps=1e-8):
        super().__init__(params, lr)
        self.rho = rho
        self.eps = eps
        self.cache = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.cache[i] = self.rho * self.cache[i] + (1 - self.rho) * g ** 2
            p -= self.lr * g / (np.sqrt(self.cache[i]) + self.eps)


class Adam(Optimizer):
    def __init__(self, params, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.t = 0

    def step(self, grads):
        self.t += 1
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g * g
            m_hat = self.m[i] / (1 - self.beta1 ** self.t)
            v_hat = self.v[i] / (1 - self.beta1 ** self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


def valley(x, y):
    return np.sum(x ** 2) + 10 * np.sum(y ** 2)


def valley_gradients(x, y):
    return [2 * x, 20 * y]


if __name__ == "__main__":
    for kind, rate in ((Momentum, 0.01), (Nesterov, 0.01), (RMSProp, 0.05), (Adam, 0.1)):
        x, y = np.array([3.0, -1.0]), np.array([[1.0, 2.0]])
        opt = kind([x, y], lr=rate)
        for _ in range(100):
            opt.step(valley_gradients(x, y))
        print(kind.__name__, valley(x, y))
