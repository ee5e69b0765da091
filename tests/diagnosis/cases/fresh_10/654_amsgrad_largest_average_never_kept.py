"""Truth: the largest second moment so far is computed and used, but not kept: self.vhat[key] stays 0, so that this is Adam. Adam beside it
is right. Parameters and gradients in dicts.
"""
import numpy as np


class Adam:
    def __init__(self, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.alpha, self.beta1, self.beta2, self.eps = alpha, beta1, beta2, eps
        self.t, self.m, self.v = 0, {}, {}

    def update(self, params, grads):
        self.t += 1
        alpha_t = self.alpha * np.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        for key, grad in grads.items():
            m, v = self.m.setdefault(key, np.zeros_like(grad)), self.v.setdefault(key, np.zeros_like(grad))
            m += (1 - self.beta1) * (grad - m)
            v += (1 - self.beta2) * (grad * grad - v)
            params[key] -= alpha_t * m / (np.sqrt(v) + self.eps)


class AMSGrad:
    def __init__(self, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.alpha, self.beta1, self.beta2, self.eps = alpha, beta1, beta2, eps
        self.t, self.m, self.v, self.vhat = 0, {}, {}, {}

    def init_state(self, key, grad):
        self.m[key] = np.zeros_like(grad)
        self.v[key] = np.zeros_like(grad)
        self.vhat[key] = np.zeros_like(grad)

    def update(self, params, grads):
        self.t += 1
        alpha_t = self.alpha * np.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        for key, grad in grads.items():
            if key not in self.m:
                self.init_state(key, grad)
            m, v = self.m[key], self.v[key]
            m += (1 - self.beta1) * (grad - m)
            v += (1 - self.beta2) * (grad * grad - v)
            vhat = np.maximum(self.vhat[key], v)
            params[key] -= alpha_t * m / (np.sqrt(vhat) + self.eps)
