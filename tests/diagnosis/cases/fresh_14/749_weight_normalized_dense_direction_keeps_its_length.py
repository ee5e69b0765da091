"""Truth: w = g * v / |v|: the gradient of v is g / |v| times dw without its part along v, for |v| depends on v as well. That part is not
taken away. Layers of a small library, one weight vector in each column.
"""
import numpy as np


class WeightNormDense:
    def __init__(self, fan_in, fan_out, seed=None):
        rng = np.random.default_rng(seed)
        self.v = rng.normal(0, 0.5, size=(fan_in, fan_out))
        self.g = np.ones(fan_out)
        self.b = np.zeros(fan_out)

    def forward(self, inputs):
        self.inputs = inputs
        self.length = np.sqrt((self.v ** 2).sum(axis=0))
        self.direction = self.v / self.length
        self.w = self.g * self.direction
        return inputs @ self.w + self.b

    def backward(self, grad):
        dw = self.inputs.T @ grad
        self.db = grad.sum(axis=0)
        self.dg = (dw * self.direction).sum(axis=0)
        self.dv = dw * self.g / self.length
        return grad @ self.w.T

    def parameters(self):
        return [(self.v, self.dv), (self.g, self.dg), (self.b, self.db)]


class LeakyRelu:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, inputs):
        self.slope = np.where(inputs > 0, 1.0, self.alpha)
        return inputs * self.slope

    def backward(self, grad):
        return grad * self.slope

    def parameters(self):
        return []


class Chain:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def sgd(self, rate):
        for layer in self.layers:
            for value, grad in layer.parameters():
                value -= rate * grad
