import numpy as np

class LogLoss:
    def forward(self, prob):
        self.prob = np.clip(prob, 1e-10, 1.0)
        return -np.log(self.prob)

    def backward(self, grad):
        return -grad / self.prob  # not: return grad / self.prob
