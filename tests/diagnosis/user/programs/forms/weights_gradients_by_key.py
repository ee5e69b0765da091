import numpy as np

class Dense:
    def __init__(self, units_in, units_out):
        rng = np.random.default_rng(0)
        self.weight = rng.normal(size=(units_out, units_in))
        self.bias = rng.normal(size=(units_out, 1))

    def forward(self, a_prev):
        self.a_prev = a_prev
        return self.weight @ a_prev + self.bias

    def backward(self, dz):
        return self.weight.T @ dz

    def param_gradients(self, dz):
        return {"weight": dz @ self.a_prev.T, "bias": dz.sum(axis=1, keepdims=True)}  # not: return {"weight": dz @ self.a_prev.T, "bias": dz.mean(axis=1, keepdims=True)}
