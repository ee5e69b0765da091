"""Truth: mean and variance run over images AND pixels (all axes but that of the channels), so m must be X.size / channels; the number of
images stands there. dvar, dmean, dW and db are right.
"""
import numpy as np


class BatchNorm:
    def __init__(self, channels=3, axis=1, ndim=4, momentum=0.9, eps=1e-5):
        self.axis = axis
        self.momentum = momentum
        self.eps = eps
        cshape = [1] * ndim
        cshape[axis] = channels
        self.valid_axes = tuple(i for i in range(ndim) if i != axis)
        self.W = np.ones(cshape)
        self.b = np.zeros(cshape)
        self.moving_mean = np.zeros(cshape)
        self.moving_var = np.ones(cshape)

    def forward(self, X, training=True):
        self.X = X
        if training:
            self.batch_mean = np.mean(X, self.valid_axes, keepdims=True)
            self.batch_var = np.mean(np.square(X - self.batch_mean), self.valid_axes, keepdims=True)
            self.moving_mean = self.moving_mean * self.momentum + self.batch_mean * (1 - self.momentum)
            self.moving_var = self.moving_var * self.momentum + self.batch_var * (1 - self.momentum)
        else:
            self.batch_mean = self.moving_mean
            self.batch_var = self.moving_var
        # Normalize
        self.nd = 1.0 / np.sqrt(self.batch_var + self.eps)
        self.nx = (X - self.batch_mean) * self.nd
        # Scale and Shift
        return np.multiply(self.nx, self.W) + self.b

    def backward(self, dY):
        dnx = np.multiply(dY, self.W)
        xsm = self.X - self.batch_mean
        m = self.X.shape[0]
        dvar = np.sum(np.multiply(dnx, xsm), self.valid_axes, keepdims=True) * (-0.5) * np.power(self.nd, 3.0)
        dmean = -self.nd * np.sum(dnx, self.valid_axes, keepdims=True) - dvar * np.mean(xsm, self.valid_axes, keepdims=True) * 2.0
        dX = dnx * self.nd + dvar * xsm * (2.0 / m) + dmean * (1.0 / m)
        self.dW = np.sum(dY * self.nx, self.valid_axes, keepdims=True)
        self.db = np.sum(dY, self.valid_axes, keepdims=True)
        return dX
