"""Truth: RIGHT. The gradient of the mean has no part from the variance: the deviations from a mean add up to zero. Dropout is inverted,
with the same mask on the way back.
"""
import numpy as np


class BatchNormalization:
    def __init__(self, units, momentum=0.9, eps=1e-5):
        self.gamma = np.ones((1, units))
        self.beta = np.zeros((1, units))
        self.running_mean = np.zeros((1, units))
        self.running_var = np.ones((1, units))
        self.momentum = momentum
        self.eps = eps

    def forward(self, inputs, training=True):
        if training:
            self.mean = np.mean(inputs, axis=0, keepdims=True)
            self.var = np.var(inputs, axis=0, keepdims=True)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * self.mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * self.var
        else:
            self.mean, self.var = self.running_mean, self.running_var
        self.centered = inputs - self.mean
        self.inv_std = 1.0 / np.sqrt(self.var + self.eps)
        self.normalized = self.centered * self.inv_std
        return self.gamma * self.normalized + self.beta

    def backward(self, dvalues):
        samples = dvalues.shape[0]
        self.dgamma = np.sum(dvalues * self.normalized, axis=0, keepdims=True)
        self.dbeta = np.sum(dvalues, axis=0, keepdims=True)
        dnorm = dvalues * self.gamma
        dvar = np.sum(dnorm * self.centered, axis=0, keepdims=True) * -0.5 * self.inv_std ** 3
        dmean = -np.sum(dnorm * self.inv_std, axis=0, keepdims=True)
        self.dinputs = dnorm * self.inv_std + dvar * 2 * self.centered / samples + dmean / samples
        return self.dinputs


class Dropout:
    def __init__(self, rate):
        self.keep = 1 - rate

    def forward(self, inputs):
        self.mask = np.random.binomial(1, self.keep, size=inputs.shape) / self.keep
        return inputs * self.mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.mask
        return self.dinputs


if __name__ == "__main__":
    np.random.seed(3)
    norm, drop = BatchNormalization(5), Dropout(0.2)
    x, goal = np.random.randn(16, 5) * 3 + 1, np.random.randn(16, 5)
    for step in range(40):
        out = drop.forward(norm.forward(x))
        norm.backward(drop.backward((out - goal) / len(x)))
        norm.gamma -= 0.2 * norm.dgamma
        norm.beta -= 0.2 * norm.dbeta
    print(norm.gamma, norm.beta)
