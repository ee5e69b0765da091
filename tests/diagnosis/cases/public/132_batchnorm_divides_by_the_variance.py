"""Truth: the FORWARD pass is wrong: it divides by var + eps, the root is forgotten. The backward pass fits this forward
pass (derivative of 1 / (var + eps)), so only what batch normalization is can tell.
"""
import numpy as np


class BatchNormalization:
    """handnn: layer BatchNormalization(epsilon=1e-3), input_shape=(4,)"""

    def __init__(self, num_features=4, eps=1e-3):
        self.gamma, self.beta, self.eps = np.ones(num_features), np.zeros(num_features), eps
        self.grads = {}

    def forward(self, x, training=True):
        mu = np.mean(x, axis=0)
        xmu = x - mu
        var = np.mean(xmu**2, axis=0)
        ivar = 1.0 / (var + self.eps)
        xhat = xmu * ivar
        self.cache = (xmu, var, ivar, xhat)
        return self.gamma * xhat + self.beta

    def backward(self, dout):
        xmu, var, ivar, xhat = self.cache
        N = dout.shape[0]
        self.grads["gamma"] = np.sum(dout * xhat, axis=0)
        self.grads["beta"] = np.sum(dout, axis=0)
        dxhat = dout * self.gamma
        divar = np.sum(dxhat * xmu, axis=0)
        dvar = -divar * ivar**2
        dxmu = dxhat * ivar + 2 * xmu * dvar / N
        return dxmu - np.mean(dxmu, axis=0)
