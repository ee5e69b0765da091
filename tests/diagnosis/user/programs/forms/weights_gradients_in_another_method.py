import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def grad_x(self, grad_output):
        return grad_output @ self.W.T

    def grad_params(self, grad_output):
        return self.x.T @ grad_output, grad_output.sum(axis=0)  # not: return self.x.T @ grad_output, grad_output.mean(axis=0)
