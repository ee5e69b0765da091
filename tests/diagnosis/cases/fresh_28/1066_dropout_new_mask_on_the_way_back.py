"""Truth: backward of Dropout draws a mask of its own instead of taking forward's. The noise layer and Dense are right.
Training with dropout is much slower than in the framework, the same rate and the same network - any idea?
"""
import numpy as np


class Dense:
    """handnn: layer Dense(5)"""

    def __init__(self, n_in=4, n_out=5):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(2 / n_in)
        self.b = np.zeros((1, n_out))

    def forward(self, inputs, training=True):
        self.inputs = inputs
        return np.dot(inputs, self.W) + self.b

    def backward(self, grad):
        self.dW = np.dot(self.inputs.T, grad)
        self.db = np.sum(grad, axis=0, keepdims=True)
        return np.dot(grad, self.W.T)


class Dropout:
    """handnn: layer Dropout(0.3)"""

    def __init__(self, rate=0.3):
        self.keep = 1 - rate

    def sample(self, shape):
        return np.random.binomial(1, self.keep, size=shape) / self.keep

    def forward(self, inputs, training=True):
        if not training:
            return inputs
        self.mask = self.sample(inputs.shape)
        return inputs * self.mask

    def backward(self, grad):
        return grad * self.sample(grad.shape)


class MultiplicativeNoise:
    """Gaussian dropout: mean 1, standard deviation sqrt(rate / (1 - rate)).

    handnn: layer, input_shape=(4,)
    """

    def __init__(self, rate=0.3):
        self.std = np.sqrt(rate / (1 - rate))

    def forward(self, inputs, training=True):
        self.noise = np.random.normal(1.0, self.std, inputs.shape) if training else np.ones_like(inputs)
        return inputs * self.noise

    def backward(self, grad):
        return grad * self.noise
