"""A rule whose state is a dict with the keys of the parameters."""
import numpy as np
class NesterovMomentum:
    def __init__(self, lr=0.01, mu=0.9):
        self.lr, self.mu, self.v = lr, mu, None
    def update(self, params, grads):
        if self.v is None:
            self.v = {k: np.zeros_like(p) for k, p in params.items()}
        for k in params:
            v_prev = self.v[k]
            self.v[k] = self.mu*self.v[k] - self.lr*grads[k]
            params[k] += -self.mu*v_prev + (1 + self.mu)*self.v[k]
