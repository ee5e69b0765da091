"""Truth: Nadam looks ahead with the raw gradient uncorrected, and Lion's decay of the weights forgets the learning rate. Six optimizers with step."""
from typing import List

import numpy as np

Params = List[np.ndarray]


class Optimizer:
    def __init__(self, params: Params, lr: float):
        self.params = params
        self.lr = lr

    def step(self, grads: Params) -> None:
        for k, (p, g) in enumerate(zip(self.params, grads)):
            self._update(k, p, g)

    def _zeros(self) -> Params:
        return [np.zeros_like(p) for p in self.params]


class RMSProp(Optimizer):
    def __init__(self, params, lr=0.01, rho=0.9, eps=1e-8):
        super().__init__(params, lr)
        self.rho, self.eps = rho, eps
        self.sq = self._zeros()

    def _update(self, k, p, g):
        self.sq[k] = self.rho * self.sq[k] + (1 - self.rho) * g * g
        p -= self.lr * g / (np.sqrt(self.sq[k]) + self.eps)


class Adagrad(Optimizer):
    def __init__(self, params, lr=0.1, eps=1e-10):
        super().__init__(params, lr)
        self.eps = eps
        self.total = self._zeros()

    def _update(self, k, p, g):
        self.total[k] += g ** 2
        p -= self.lr * g / (np.sqrt(self.total[k]) + self.eps)


class Nesterov(Optimizer):
    def __init__(self, params, lr=0.01, mu=0.9):
        super().__init__(params, lr)
        self.mu = mu
        self.buf = self._zeros()

    def _update(self, k, p, g):
        self.buf[k] = self.mu * self.buf[k] + g
        p -= self.lr * (g + self.mu * self.buf[k])


class AdamW(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.b1, self.b2 = betas
        self.eps, self.wd = eps, weight_decay
        self.m, self.v = self._zeros(), self._zeros()
        self.t = 0

    def step(self, grads):
        self.t += 1
        super().step(grads)

    def _update(self, k, p, g):
        p *= 1 - self.lr * self.wd
        self.m[k] = self.b1 * self.m[k] + (1 - self.b1) * g
        self.v[k] = self.b2 * self.v[k] + (1 - self.b2) * g * g
        mhat = self.m[k] / (1 - self.b1 ** self.t)
        vhat = self.v[k] / (1 - self.b2 ** self.t)
        p -= self.lr * mhat / (np.sqrt(vhat) + self.eps)


class Nadam(Optimizer):
    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr)
        self.b1, self.b2 = betas
        self.eps = eps
        self.m, self.v = self._zeros(), self._zeros()
        self.t = 0

    def step(self, grads):
        self.t += 1
        super().step(grads)

    def _update(self, k, p, g):
        self.m[k] = self.b1 * self.m[k] + (1 - self.b1) * g
        self.v[k] = self.b2 * self.v[k] + (1 - self.b2) * g * g
        mhat = self.m[k] / (1 - self.b1 ** self.t)
        vhat = self.v[k] / (1 - self.b2 ** self.t)
        look = self.b1 * mhat + (1 - self.b1) * g
        p -= self.lr * look / (np.sqrt(vhat) + self.eps)


class Lion(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1):
        super().__init__(params, lr)
        self.b1, self.b2 = betas
        self.wd = weight_decay
        self.m = self._zeros()

    def _update(self, k, p, g):
        c = self.b1 * self.m[k] + (1 - self.b1) * g
        p -= self.lr * np.sign(c) + self.wd * p
        self.m[k] = self.b2 * self.m[k] + (1 - self.b2) * g


if __name__ == "__main__":
    for cls in (RMSProp, Adagrad, Nesterov, AdamW, Nadam, Lion):
        w = [np.array([2.0, -1.5]), np.array([0.5])]
        opt = cls(w, lr=0.05)
        for _ in range(40):
            opt.step([2 * w[0] * np.array([1.0, 5.0]), 2 * w[1]])
        print(cls.__name__, w)
