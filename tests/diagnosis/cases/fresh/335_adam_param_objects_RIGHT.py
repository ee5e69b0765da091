"""Truth: RIGHT. Adam over parameter objects with data and grad; the step size carries both corrections."""
import math

import numpy as np


class Adam:
    """handnn: optimizer adam, learning_rate=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""

    def __init__(self, params, lr=0.002, betas=(0.9, 0.999), eps=1e-8):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.state = [{"step": 0, "exp_avg": np.zeros_like(p.data), "exp_avg_sq": np.zeros_like(p.data)} for p in self.params]

    def zero_grad(self):
        for p in self.params:
            p.grad = np.zeros_like(p.data)

    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            s["step"] += 1
            s["exp_avg"] = b1 * s["exp_avg"] + (1 - b1) * p.grad
            s["exp_avg_sq"] = b2 * s["exp_avg_sq"] + (1 - b2) * p.grad * p.grad
            c1 = 1 - b1 ** s["step"]
            c2 = 1 - b2 ** s["step"]
            denom = np.sqrt(s["exp_avg_sq"]) / math.sqrt(c2) + self.eps
            p.data = p.data - self.lr / c1 * s["exp_avg"] / denom
