"""Truth: the weight decay is added to the gradient and so goes through both moments (that is Adam with an L2 penalty);
in AdamW it is subtracted from the weights apart: param -= lr * weight_decay * param.
"""
import numpy as np


class AdamW:
    """handnn: optimizer adamw, learning_rate=0.01, weight_decay=0.1, epsilon=1e-8"""

    def __init__(self, parameters, lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1):
        self.parameters = parameters
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.state = [{"m": np.zeros_like(p), "v": np.zeros_like(p)} for p in parameters]
        self.steps = 0

    def step(self, gradients):
        self.steps += 1
        beta1, beta2 = self.betas
        for param, grad, state in zip(self.parameters, gradients, self.state):
            grad = grad + self.weight_decay * param
            state["m"] = beta1 * state["m"] + (1 - beta1) * grad
            state["v"] = beta2 * state["v"] + (1 - beta2) * grad * grad
            m_hat = state["m"] / (1 - beta1**self.steps)
            v_hat = state["v"] / (1 - beta2**self.steps)
            param -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
