"""Truth: forward has GELU's approximation by tanh, backward the derivative of the exact one (with erf): off by up to 1e-3. A
residual block with two kernels.
"""
import math

import numpy as np


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_grad(x):
    erf = np.vectorize(math.erf)
    cdf = 0.5 * (1 + erf(x / math.sqrt(2)))
    pdf = np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    return cdf + x * pdf


class FeedForward:
    def __init__(self, d_model=4, d_ff=7):
        rng = np.random.RandomState(0)
        self.w1, self.b1 = rng.randn(d_model, d_ff) * 0.5, np.zeros(d_ff)
        self.w2, self.b2 = rng.randn(d_ff, d_model) * 0.5, np.zeros(d_model)

    def forward(self, x):
        self.x = x
        self.h = x @ self.w1 + self.b1
        self.g = gelu(self.h)
        return x + self.g @ self.w2 + self.b2

    def backward(self, dout):
        self.dw2 = np.einsum("...i,...j->ij", self.g, dout)
        self.db2 = dout.reshape(-1, dout.shape[-1]).sum(axis=0)
        dh = (dout @ self.w2.T) * gelu_grad(self.h)
        self.dw1 = np.einsum("...i,...j->ij", self.x, dh)
        self.db1 = dh.reshape(-1, dh.shape[-1]).sum(axis=0)
        return dout + dh @ self.w1.T
