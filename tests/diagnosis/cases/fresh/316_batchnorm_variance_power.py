"""Truth: d(var) has the power -1/2 of the variance where its derivative has -3/2."""
import numpy as np


class BatchNormalization:
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, num_features=4, momentum=0.9, eps=1e-5, lr=0.01):
        self.gamma = np.ones(num_features)
        self.beta = np.zeros(num_features)
        self.momentum, self.eps, self.lr = momentum, eps, lr
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)

    def forward(self, X, training=True):
        if not training:
            X_hat = (X - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.gamma * X_hat + self.beta
        self.X = X
        self.mu = X.mean(axis=0)
        self.var = X.var(axis=0)
        self.X_hat = (X - self.mu) / np.sqrt(self.var + self.eps)
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * self.mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * self.var
        return self.gamma * self.X_hat + self.beta

    def backward(self, dout):
        m = self.X.shape[0]
        dgamma = np.sum(dout * self.X_hat, axis=0)
        dbeta = np.sum(dout, axis=0)
        dX_hat = dout * self.gamma
        std_inv = 1.0 / np.sqrt(self.var + self.eps)
        X_mu = self.X - self.mu
        dvar = np.sum(dX_hat * X_mu, axis=0) * -0.5 * std_inv
        dmu = np.sum(dX_hat * -std_inv, axis=0) + dvar * np.mean(-2.0 * X_mu, axis=0)
        dX = dX_hat * std_inv + dvar * 2 * X_mu / m + dmu / m
        self.gamma -= self.lr * dgamma
        self.beta -= self.lr * dbeta
        return dX
