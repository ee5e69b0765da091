"""Truth: RIGHT. 'A term is missing in mean_delta' was reported five times: the sum of x - mean is 0, so that it may be left
out. Loops by feature, as in a library written in C.
"""
import numpy as np

EPS = 0.00001


class BatchNorm:
    def __init__(self, n=3):
        self.scales = np.ones(n)
        self.biases = np.zeros(n)

    def forward(self, x):
        self.x = x
        self.mean = x.sum(axis=0) / x.shape[0]
        self.variance = ((x - self.mean) ** 2).sum(axis=0) / x.shape[0]
        self.x_norm = (x - self.mean) / np.sqrt(self.variance + EPS)
        return self.x_norm * self.scales + self.biases

    def backward(self, delta):
        batch, filters = delta.shape
        self.bias_updates = delta.sum(axis=0)
        self.scale_updates = (delta * self.x_norm).sum(axis=0)
        delta = delta * self.scales
        out = np.zeros_like(delta)
        for f in range(filters):
            mean_delta = 0.0
            variance_delta = 0.0
            for j in range(batch):
                mean_delta += delta[j, f]
                variance_delta += delta[j, f] * (self.x[j, f] - self.mean[f])
            mean_delta *= -1.0 / np.sqrt(self.variance[f] + EPS)
            variance_delta *= -0.5 * np.power(self.variance[f] + EPS, -1.5)
            for j in range(batch):
                out[j, f] = (
                    delta[j, f] / np.sqrt(self.variance[f] + EPS)
                    + variance_delta * 2.0 * (self.x[j, f] - self.mean[f]) / batch
                    + mean_delta / batch
                )
        return out
