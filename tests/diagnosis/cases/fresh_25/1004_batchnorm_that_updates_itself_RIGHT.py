"""Truth: all right. The layers move their own weights in backward, after what was needed of the old ones was kept; the
batch norm's derivative is in one formula. My gradient check says dx depends on the learning rate - must it not?
"""
import numpy as np


class BatchNorm:
    """handnn: layer BatchNormalization(epsilon=1e-5), input_shape=(4,)"""

    def __init__(self, width=4, momentum=0.99, rate=0.01):
        self.momentum, self.rate, self.eps = momentum, rate, 1e-5
        self.gamma, self.beta = np.ones(width), np.zeros(width)
        self.running_mean, self.running_var = np.zeros(width), np.ones(width)

    def forward(self, X, training=True):
        if training:
            mean, var = X.mean(axis=0), X.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        self.centered = X - mean
        self.inv = 1 / np.sqrt(var + self.eps)
        return self.gamma * self.centered * self.inv + self.beta

    def backward(self, accum):
        gamma = self.gamma.copy()
        self.dgamma = np.sum(accum * self.centered * self.inv, axis=0)
        self.dbeta = np.sum(accum, axis=0)
        self.gamma -= self.rate * self.dgamma
        self.beta -= self.rate * self.dbeta
        n = accum.shape[0]
        return (1 / n) * gamma * self.inv * (
            n * accum
            - np.sum(accum, axis=0)
            - self.centered * self.inv ** 2 * np.sum(accum * self.centered, axis=0)
        )


class Dense:
    def __init__(self, n_in, n_out, rate=0.01, seed=0):
        self.rate = rate
        self.W = np.random.RandomState(seed).uniform(-1, 1, (n_in, n_out)) / np.sqrt(n_in)
        self.w0 = np.zeros((1, n_out))

    def forward(self, X, training=True):
        self.layer_input = X
        return X @ self.W + self.w0

    def backward(self, accum):
        old = self.W
        self.W = self.W - self.rate * self.layer_input.T @ accum
        self.w0 = self.w0 - self.rate * accum.sum(axis=0, keepdims=True)
        return accum @ old.T


class LeakyReLU:
    def forward(self, X, training=True):
        self.slope = np.where(X >= 0, 1.0, 0.2)
        return X * self.slope

    def backward(self, accum):
        return accum * self.slope


if __name__ == "__main__":
    rng = np.random.RandomState(5)
    X = rng.randn(64, 3)
    y = X[:, :1] * X[:, 1:2] + X[:, 2:]
    layers = [Dense(3, 4, seed=1), BatchNorm(), LeakyReLU(), Dense(4, 1, seed=2)]
    for it in range(150):
        out = X
        for layer in layers:
            out = layer.forward(out)
        accum = (out - y) / len(X)
        for layer in layers[::-1]:
            accum = layer.backward(accum)
    print(np.mean((out - y) ** 2))
