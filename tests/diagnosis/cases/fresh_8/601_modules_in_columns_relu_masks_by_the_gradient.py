"""Truth: ReLU.backward keeps what is positive in the gradient it is given; what was positive in its own input belongs there.
Modules over columns, W0 for the bias, a softmax and its loss in one module.
"""
import numpy as np


class Linear:
    def __init__(self, m, n):
        self.W0 = np.zeros((n, 1))
        self.W = np.random.normal(0, m**-0.5, (m, n))

    def forward(self, A):
        self.A = A
        return self.W.T @ A + self.W0

    def backward(self, dLdZ):
        self.dLdW = self.A @ dLdZ.T
        self.dLdW0 = dLdZ.sum(axis=1, keepdims=True)
        return self.W @ dLdZ


class ReLU:
    def forward(self, Z):
        self.Z = Z
        return np.maximum(Z, 0)

    def backward(self, dLdA):
        return dLdA * (dLdA > 0)


class SoftMaxNLL:
    def forward(self, Z, Y):
        self.Y = Y
        E = np.exp(Z - Z.max(axis=0, keepdims=True))
        self.P = E / E.sum(axis=0, keepdims=True)
        return -np.sum(Y * np.log(self.P))

    def backward(self):
        return self.P - self.Y


class Sequential:
    def __init__(self):
        self.modules = [Linear(3, 5), ReLU(), Linear(5, 4)]
        self.loss = SoftMaxNLL()

    def forward(self, X):
        for module in self.modules:
            X = module.forward(X)
        return X

    def step(self, X, Y):
        value = self.loss.forward(self.forward(X), Y)
        delta = self.loss.backward()
        for module in reversed(self.modules):
            delta = module.backward(delta)
        return value
