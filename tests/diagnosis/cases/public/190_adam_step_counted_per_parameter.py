"""Truth: t is advanced inside the loop over the parameters, so that the second parameter sees t = 2 in the first step;
it must be counted once a step, before the loop. With one parameter the mistake cannot be seen.
"""
import numpy as np


class Optimizer:
    def __init__(self, lr):
        self.lr = lr

    def update(self, params, grads):
        raise NotImplementedError


class Adam(Optimizer):
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-8"""

    def __init__(self, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.t = 0
        self.moments = {}

    def update(self, params, grads):
        for i, (param, grad) in enumerate(zip(params, grads)):
            if i not in self.moments:
                self.moments[i] = (np.zeros_like(param), np.zeros_like(param))
            m, v = self.moments[i]
            self.t += 1
            m = self.beta1 * m + (1 - self.beta1) * grad
            v = self.beta2 * v + (1 - self.beta2) * grad**2
            self.moments[i] = (m, v)
            m_hat = m / (1 - self.beta1**self.t)
            v_hat = v / (1 - self.beta2**self.t)
            param -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
