"""Truth: RIGHT. 'Are the gradients of weight and bias not means?' was asked: sums over everything that is in front of normalized_shape. The
layer normalizes over as many last axes as it has a shape for.
"""
import numpy as np


class LayerNorm:
    def __init__(self, normalized_shape=(3, 4), eps=1e-5):
        self.normalized_shape = tuple(normalized_shape)
        self.weight = np.ones(self.normalized_shape)
        self.bias = np.zeros(self.normalized_shape)
        self.eps = eps

    def forward(self, x):
        self.axes = tuple(range(x.ndim - len(self.normalized_shape), x.ndim))
        mean = x.mean(axis=self.axes, keepdims=True)
        self.rstd = 1 / np.sqrt(x.var(axis=self.axes, keepdims=True) + self.eps)
        self.x_hat = (x - mean) * self.rstd
        return self.x_hat * self.weight + self.bias

    def backward(self, grad):
        batch_axes = tuple(range(grad.ndim - len(self.normalized_shape)))
        self.grad_weight = np.sum(grad * self.x_hat, axis=batch_axes)
        self.grad_bias = np.sum(grad, axis=batch_axes)
        n = np.prod(self.normalized_shape)
        g = grad * self.weight
        sum_g = g.sum(axis=self.axes, keepdims=True)
        sum_gx = (g * self.x_hat).sum(axis=self.axes, keepdims=True)
        return self.rstd / n * (n * g - sum_g - self.x_hat * sum_gx)
