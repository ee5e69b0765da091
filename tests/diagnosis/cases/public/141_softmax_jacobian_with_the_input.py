"""Truth: the Jacobian is made of the output and the INPUT (value[i] * (1 - input[i]), -value[i] * input[j]); the output
belongs in both places. Two slips of one kind in two lines, one vector at a time.
"""
import numpy as np


class SoftmaxLayer:
    def __init__(self):
        self.input = None
        self.value = None
        self.gradient = None

    def forward(self, x):
        self.input = x
        e = np.exp(x - np.max(x))
        self.value = e / e.sum()
        return self.value

    def compute_gradient(self):
        n = len(self.value)
        self.gradient = np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                if i == j:
                    self.gradient[i, j] = self.value[i] * (1 - self.input[i])
                else:
                    self.gradient[i, j] = -self.value[i] * self.input[j]
        return self.gradient

    def backward(self, grad_out):
        return self.compute_gradient().T @ grad_out
