"""Truth: the gradient is multiplied by gamma only after its product with the standard deviation was taken: dsigma2, dmu and dx are
made of dy * ivar without gamma.
"""
import numpy as np


class BatchNorm:
    def __init__(self, features=3, eps=1e-5):
        self.g = np.ones(features)
        self.b = np.zeros(features)
        self.eps = eps

    def forward(self, x):
        self.mu = x.mean(axis=0)
        self.x_mu = x - self.mu
        self.ivar = 1.0 / np.sqrt((self.x_mu**2).mean(axis=0) + self.eps)
        return self.g * self.x_mu * self.ivar + self.b

    def backward(self, dy):
        m = dy.shape[0]
        dyivar = dy * self.ivar
        self.dg = np.sum(self.x_mu * dyivar, axis=0)
        self.db = np.sum(dy, axis=0)
        dy = self.g * dy
        dsigma2 = -0.5 * np.sum(dyivar * self.x_mu * self.ivar**2, axis=0)
        dmu = -np.sum(dyivar, axis=0) - 2 * dsigma2 * np.sum(self.x_mu, axis=0) / m
        return dyivar + dsigma2 * 2 * self.x_mu / m + dmu / m
