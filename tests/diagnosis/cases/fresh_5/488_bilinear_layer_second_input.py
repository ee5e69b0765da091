"""Truth: dx2 must be contracted with x1 over the first index of W; it is contracted with x2 (square W, so that the shapes
fit). Two inputs, einsum.
"""
import numpy as np


class Bilinear:
    def __init__(self, d=4, units=3):
        self.W = np.random.randn(units, d, d) * 0.3

    def forward(self, x1, x2):
        self.x1, self.x2 = x1, x2
        return np.einsum("ni,uij,nj->nu", x1, self.W, x2)

    def backward(self, dout):
        self.dW = np.einsum("nu,ni,nj->uij", dout, self.x1, self.x2)
        dx1 = np.einsum("nu,uij,nj->ni", dout, self.W, self.x2)
        dx2 = np.einsum("nu,uij,ni->nj", dout, self.W, self.x2)
        return dx1, dx2
