"""Truth: the scale (self.weight) is missing in the gradient handed down: dout * weight belongs where dout alone is used."""
import numpy as np


class RMSNorm:
    def __init__(self, dim=5, eps=1e-6):
        self.eps = eps
        self.weight = np.random.uniform(0.5, 1.5, dim)

    def forward(self, inp):
        self.inp = inp
        self.rrms = (np.square(inp).mean(axis=-1, keepdims=True) + self.eps) ** -0.5
        self.normed = inp * self.rrms
        return self.weight * self.normed

    def backward(self, dout):
        C = self.inp.shape[-1]
        axes = tuple(range(dout.ndim - 1))
        self.dweight = (dout * self.normed).sum(axis=axes)
        g = dout
        projection = np.sum(g * self.inp, axis=-1, keepdims=True)
        return g * self.rrms - self.inp * self.rrms**3 * projection / C
