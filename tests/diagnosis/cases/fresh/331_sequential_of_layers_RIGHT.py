"""Truth: RIGHT. A list of layer objects, each hands its gradient down; mean squared error halved."""
import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.inp = x
        return x @ self.w + self.b

    def backward(self, g):
        self.gw = self.inp.T @ g
        self.gb = g.sum(axis=0, keepdims=True)
        return g @ self.w.T


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, g):
        return g * (1 - self.out * self.out)


class Sequential:
    """handnn: network 3-5-4-2 tanh tanh linear mse"""

    def __init__(self):
        self.layers = [Dense(3, 5), Tanh(), Dense(5, 4), Tanh(), Dense(4, 2)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, pred, y):
        return 0.5 * np.sum((pred - y) ** 2) / len(y)

    def backward(self, pred, y):
        g = (pred - y) / len(y)
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return g
