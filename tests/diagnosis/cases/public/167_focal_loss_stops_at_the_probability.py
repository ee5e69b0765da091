"""Truth: the gradient is that by the probability p; the loss is a function of the raw score a (p = sigmoid(a)), so
dp/da = p (1 - p) is missing as a factor. The derivative by p is right in both branches.
"""
import numpy as np


class FocalLossObjective:
    def __init__(self, alpha=0.25, gamma=2.0):
        self.alpha, self.gamma = alpha, gamma

    def loss(self, approxes, targets):
        p = 1.0 / (1.0 + np.exp(-approxes))
        at = np.where(targets > 0, self.alpha, 1 - self.alpha)
        pt = np.where(targets > 0, p, 1 - p)
        return np.sum(-at * (1 - pt) ** self.gamma * np.log(pt))

    def gradient(self, approxes, targets):
        p = 1.0 / (1.0 + np.exp(-approxes))
        at = np.where(targets > 0, self.alpha, 1 - self.alpha)
        pt = np.where(targets > 0, p, 1 - p)
        sign = np.where(targets > 0, 1.0, -1.0)
        der1 = at * self.gamma * (1 - pt) ** (self.gamma - 1) * np.log(pt) - at * (1 - pt) ** self.gamma / pt
        return sign * der1
