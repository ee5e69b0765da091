"""Truth: RIGHT. 'epsilon is not scaled by the correction' was reported: the form of the paper's last remark, and Keras' own."""
import math

import numpy as np


class Adam:
    """handnn: optimizer adam, learning_rate=0.001, epsilon=1e-7"""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-7):
        self.params = params
        self.lr, self.betas, self.eps = lr, betas, eps
        self.state = [{"step": 0, "exp_avg": np.zeros_like(p), "exp_avg_sq": np.zeros_like(p)} for p in params]

    def step(self, grads):
        beta1, beta2 = self.betas
        for p, grad, state in zip(self.params, grads, self.state):
            state["step"] += 1
            state["exp_avg"] = state["exp_avg"] * beta1 + (1 - beta1) * grad
            state["exp_avg_sq"] = state["exp_avg_sq"] * beta2 + (1 - beta2) * grad * grad
            bias1 = 1 - beta1 ** state["step"]
            bias2 = 1 - beta2 ** state["step"]
            denom = np.sqrt(state["exp_avg_sq"]) + self.eps
            step_size = self.lr * math.sqrt(bias2) / bias1
            p -= step_size * state["exp_avg"] / denom
