"""Truth: in g the first term, norm * std_inv, must not be divided by the number of samples, only the one of the variance; the bracket ends
too late. Rows; a layer with its two gradients.
"""
import numpy as np


class BatchNorm:
    def __init__(self, size=4, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(size), np.zeros(size), eps

    def forward(self, input):
        self.mean = input.mean(axis=0)
        self.variance = input.var(axis=0)
        self.input_mean = input - self.mean
        self.normalized = self.input_mean / np.sqrt(self.variance + self.eps)
        return self.gamma * self.normalized + self.beta

    def backward(self, gy):
        n = gy.shape[0]
        std_inv = 1.0 / np.sqrt(self.variance + self.eps)
        # dl / dxhat
        norm = gy * self.gamma
        # dl / dvar
        var = np.sum(norm * self.input_mean, axis=0) * std_inv**3 * -0.5
        # dl / dxhat * 1 / std + variance * 2 (x - mu) / m
        g = (norm * std_inv + self.input_mean * var * 2) / n
        # sum (dl / dxhat * -1 / std) / m
        g += np.sum(norm * -std_inv, axis=0) / n
        self.gradient(gy)
        return g

    def gradient(self, gy):
        self.dgamma = np.sum(self.normalized * gy, axis=0)
        self.dbeta = np.sum(gy, axis=0)
