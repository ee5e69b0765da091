"""Truth: the first part of the path through the mean, the sum of -norm * stdInv over the samples, is not divided by the
number of samples (the 1 / m of the mean's derivative). The part through the variance is right. Samples in columns.
"""
import numpy as np


class BatchNorm:
    def __init__(self, size=3, eps=1e-5):
        self.gamma = np.ones((size, 1))
        self.beta = np.zeros((size, 1))
        self.eps = eps

    def forward(self, input):
        self.mean = input.mean(axis=1, keepdims=True)
        self.variance = input.var(axis=1, keepdims=True)
        self.input = input
        self.normalized = (input - self.mean) / np.sqrt(self.variance + self.eps)
        return self.gamma * self.normalized + self.beta

    def backward(self, gy):
        n_cols = self.input.shape[1]
        input_mean = self.input - self.mean
        std_inv = 1.0 / np.sqrt(self.variance + self.eps)
        self.dgamma = np.sum(self.normalized * gy, axis=1, keepdims=True)
        self.dbeta = np.sum(gy, axis=1, keepdims=True)
        # (1) by the normalized input
        norm = gy * self.gamma
        # (2) by the variance
        var = np.sum(norm * input_mean, axis=1, keepdims=True) * std_inv**3 * -0.5
        # (3) directly, and through the variance
        g = norm * std_inv + var * input_mean * 2 / n_cols
        # (4) through the mean
        g += np.sum(norm * -std_inv, axis=1, keepdims=True) + var * np.mean(-2 * input_mean, axis=1, keepdims=True)
        return g
