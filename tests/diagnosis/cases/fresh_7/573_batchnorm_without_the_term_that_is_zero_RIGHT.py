"""Truth: RIGHT. 'The derivative of the mean lacks a term' was reported: the term is a multiple of sum(x - mean), which is 0."""
import numpy as np


class BatchNormalization:
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, features=4):
        self.gamma, self.beta = np.ones(features), np.zeros(features)
        self.eps = 0.01

    def forward_pass(self, X, training=True):
        mean = np.mean(X, axis=0)
        var = np.var(X, axis=0)
        self.X_centered = X - mean
        self.stddev_inv = 1 / np.sqrt(var + self.eps)
        X_norm = self.X_centered * self.stddev_inv
        return self.gamma * X_norm + self.beta

    def backward_pass(self, accum_grad):
        gamma = self.gamma
        X_norm = self.X_centered * self.stddev_inv
        self.grad_gamma = np.sum(accum_grad * X_norm, axis=0)
        self.grad_beta = np.sum(accum_grad, axis=0)
        batch_size = accum_grad.shape[0]
        return (
            (1 / batch_size)
            * gamma
            * self.stddev_inv
            * (
                batch_size * accum_grad
                - np.sum(accum_grad, axis=0)
                - self.X_centered * self.stddev_inv**2 * np.sum(accum_grad * self.X_centered, axis=0)
            )
        )
