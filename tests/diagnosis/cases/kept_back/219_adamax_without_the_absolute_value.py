"""Truth: u is the maximum of the decayed u and the gradient itself; it must be the gradient's absolute value. Negative
gradients never raise u (and divide by epsilon while there has been no other).
"""
import numpy as np


class AdaMax:
    """handnn: optimizer adamax, learning_rate=0.002, epsilon=1e-8"""

    def __init__(self, alpha=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.alpha, self.beta_1, self.beta_2, self.epsilon = alpha, beta_1, beta_2, epsilon
        self.m, self.u, self.t = None, None, 0

    def apply(self, theta, g_t):
        if self.m is None:
            self.m, self.u = np.zeros_like(theta), np.zeros_like(theta)
        self.t += 1
        self.m = self.beta_1 * self.m + (1 - self.beta_1) * g_t
        self.u = np.maximum(self.beta_2 * self.u, g_t)
        rate = self.alpha / (1 - self.beta_1**self.t)
        return theta - rate * self.m / (self.u + self.epsilon)
