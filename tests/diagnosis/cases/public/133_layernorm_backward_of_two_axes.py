"""Truth: the backward pass takes M = shape[0] rows and flattens everything behind into N, though the forward pass
normalizes the last axis only: for (batch, sequence, hidden) its means run over sequence and hidden. It must be
N = shape[-1], M = size // N. Right for two axes.
"""
import numpy as np


class LayerNorm:
    """handnn: layer, input_shape=(3, 4)"""

    def __init__(self, normalized_shape=4, eps=1e-5):
        self.weight = np.ones(normalized_shape)
        self.bias = np.zeros(normalized_shape)
        self.eps = eps

    def forward(self, input):
        N = self.weight.size
        M = input.size // N
        x = input.reshape(M, N)
        self.mean = x.mean(axis=1, keepdims=True)
        self.rstd = 1.0 / np.sqrt(((x - self.mean) ** 2).mean(axis=1, keepdims=True) + self.eps)
        self.x_hat = ((x - self.mean) * self.rstd).reshape(input.shape)
        self.rstd = np.broadcast_to(self.rstd.reshape(input.shape[:-1] + (1,)), input.shape)
        return self.x_hat * self.weight + self.bias

    def backward(self, dout):
        M = dout.shape[0]
        N = dout.size // M
        dy, x_hat = (dout * self.weight).reshape(M, N), self.x_hat.reshape(M, N)
        c1 = np.mean(x_hat * dy, axis=1, keepdims=True)
        c2 = np.mean(dy, axis=1, keepdims=True)
        dx = (dy - x_hat * c1 - c2) * self.rstd.reshape(M, N)
        self.weight_grad = (dout * self.x_hat).reshape(-1, self.weight.size).sum(axis=0)
        self.bias_grad = dout.reshape(-1, self.bias.size).sum(axis=0)
        return dx.reshape(dout.shape)
