"""A layer whose activation is chosen by a word; by default it has none."""
import numpy as np
class Dense:
    def __init__(self, units, input_dim, activation=None):
        self.W = np.random.randn(input_dim, units)*np.sqrt(2./input_dim)
        self.b = np.zeros((1, units))
        self.activation = activation
    def forward(self, X):
        self.X = X
        self.Z = X @ self.W + self.b
        if self.activation == 'relu':
            self.A = np.maximum(0, self.Z)
        elif self.activation == 'tanh':
            self.A = np.tanh(self.Z)
        else:
            self.A = self.Z
        return self.A
    def backward(self, dA):
        if self.activation == 'relu':
            dZ = dA*(self.Z > 0)
        elif self.activation == 'tanh':
            dZ = dA*(1 - self.A**2)
        else:
            dZ = dA
        m = dA.shape[0]
        self.dW = self.X.T @ dZ
        self.db = np.sum(dZ, axis=0, keepdims=True)
        return dZ @ self.W.T
