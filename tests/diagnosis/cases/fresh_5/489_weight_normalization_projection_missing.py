"""Truth: dv lacks the projection: g / norm * (dw - (dw . v) v / norm^2) belongs there; only g / norm * dw stands there. dg is
right.
"""
import numpy as np


class WeightNormDense:
    def __init__(self, n_in=4, n_out=3):
        self.v = np.random.randn(n_in, n_out)
        self.g = np.random.uniform(0.5, 1.5, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        self.norm = np.sqrt(np.sum(self.v**2, axis=0))
        self.w = self.g * self.v / self.norm
        return x @ self.w + self.b

    def backward(self, dout):
        dw = self.x.T @ dout
        self.dg = np.sum(dw * self.v, axis=0) / self.norm
        self.dv = self.g / self.norm * dw
        self.db = dout.sum(axis=0)
        return dout @ self.w.T
