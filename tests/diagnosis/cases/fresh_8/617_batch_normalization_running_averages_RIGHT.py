"""Truth: RIGHT. Averages for prediction beside it, a flag for training, the compact formula."""
import numpy as np


class BatchNormalization:
    def __init__(self, dim=4, momentum=0.9, epsilon=1e-5):
        self.gamma, self.beta = np.ones((1, dim)), np.zeros((1, dim))
        self.momentum, self.epsilon = momentum, epsilon
        self.running_mean, self.running_var = np.zeros((1, dim)), np.ones((1, dim))

    def forward(self, inputs, training=True):
        if training:
            mean, var = inputs.mean(axis=0, keepdims=True), inputs.var(axis=0, keepdims=True)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        self.inv_std = 1 / np.sqrt(var + self.epsilon)
        self.normalized = (inputs - mean) * self.inv_std
        return self.gamma * self.normalized + self.beta

    def backward(self, dvalues):
        n = len(dvalues)
        self.dgamma = (dvalues * self.normalized).sum(axis=0, keepdims=True)
        self.dbeta = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = self.gamma * self.inv_std / n * (n * dvalues - self.dbeta - self.normalized * self.dgamma)
        return self.dinputs
