"""A layer on a graph: which nodes are neighbours is given beside what they hold."""
import numpy as np
class GCNLayer:
    def __init__(self, n_in, n_out, activation=True):
        self.W = np.random.randn(n_in, n_out)*0.3
        self.activation = activation
    def forward(self, A, X):
        self.A, self.X = A, X
        self.AX = A @ X
        self.Z = self.AX @ self.W
        return np.maximum(self.Z, 0) if self.activation else self.Z
    def backward(self, dH):
        dZ = dH*(self.Z > 0) if self.activation else dH
        self.dW = self.AX.T @ dZ
        return self.A @ dZ @ self.W.T
