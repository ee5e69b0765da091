"""Truth: all right. The mean's gradient has no term of the variance: that one is multiplied by sum(x - mean), which is 0, so
it may be left out. Is the mean's gradient wrong, and must it come after the variance's? RMS norm has no mean at all.
"""
import numpy as np


class BatchnormLayer:
    """handnn: layer, input_shape=(3, 2, 2)"""

    def __init__(self, filters=3):
        self.scales = np.ones((1, filters, 1, 1))
        self.biases = np.zeros((1, filters, 1, 1))

    def forward(self, x):
        self.x = x
        self.mean = x.mean(axis=(0, 2, 3), keepdims=True)
        self.variance = ((x - self.mean) ** 2).mean(axis=(0, 2, 3), keepdims=True)
        self.x_norm = (x - self.mean) / np.sqrt(self.variance + .00001)
        return self.scales * self.x_norm + self.biases

    def backward(self, delta):
        axes = (0, 2, 3)
        self.bias_updates = delta.sum(axis=axes, keepdims=True)
        self.scale_updates = (delta * self.x_norm).sum(axis=axes, keepdims=True)
        delta = delta * self.scales
        count = delta.size // delta.shape[1]
        mean_delta = delta.sum(axis=axes, keepdims=True) * (-1. / np.sqrt(self.variance + .00001))
        variance_delta = (delta * (self.x - self.mean)).sum(axis=axes, keepdims=True)
        variance_delta *= -.5 * (self.variance + .00001) ** (-3. / 2.)
        return (delta / np.sqrt(self.variance + .00001) + variance_delta * 2. * (self.x - self.mean) / count
                + mean_delta / count)


class RMSNorm:
    """handnn: layer, input_shape=(4, 5)"""

    def __init__(self, dim=5, eps=1e-6):
        self.weight = np.ones(dim)
        self.eps = eps

    def forward(self, x):
        self.x = x
        self.inv = 1.0 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.eps)
        return self.weight * x * self.inv

    def backward(self, grad):
        gw = grad * self.weight
        self.dweight = np.sum(grad * self.x * self.inv, axis=tuple(range(grad.ndim - 1)))
        dot = np.sum(gw * self.x, axis=-1, keepdims=True)
        return gw * self.inv - self.x * self.inv ** 3 * dot / self.x.shape[-1]
