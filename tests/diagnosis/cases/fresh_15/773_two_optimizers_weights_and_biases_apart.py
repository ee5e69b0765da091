"""Truth: one mistake, of the kind where of two lines that ought to be alike one is not. Optimizers that keep weights and biases apart and
give both back; the momentum beside it is right.
"""
import numpy as np


class Momentum():
    def __init__(self, rate=0.01, drag=0.9):
        self.rate, self.drag = rate, drag
        self.speed_w, self.speed_b = 0, 0

    def step(self, weights, biases, grad_w, grad_b):
        self.speed_w = self.drag*self.speed_w + self.rate*grad_w
        self.speed_b = self.drag*self.speed_b + self.rate*grad_b
        return weights - self.speed_w, biases - self.speed_b


class Adam():
    def __init__(self, rate=0.001, b1=0.9, b2=0.999, tiny=1e-8):
        self.rate, self.b1, self.b2, self.tiny = rate, b1, b2, tiny
        self.mean_w, self.sq_w = 0, 0
        self.mean_b, self.sq_b = 0, 0
        self.count = 0

    def step(self, weights, biases, grad_w, grad_b):
        self.count += 1
        fix1 = 1 - self.b1**self.count
        fix2 = 1 - self.b2**self.count

        self.mean_w = self.b1*self.mean_w + (1 - self.b1)*grad_w
        self.sq_w = self.b2*self.sq_w + (1 - self.b2)*grad_w**2
        weights = weights - self.rate*(self.mean_w/fix1)/(np.sqrt(self.sq_w/fix2) + self.tiny)

        self.mean_b = self.b1*self.mean_b + (1 - self.b1)*grad_b
        self.sq_b = self.b2*self.sq_b + (1 - self.b2)*grad_b
        biases = biases - self.rate*(self.mean_b/fix1)/(np.sqrt(self.sq_b/fix2) + self.tiny)
        return weights, biases


if __name__ == "__main__":
    x = np.linspace(-1, 1, 30)
    y = 3*x - 0.5
    for optimizer in (Momentum(rate=0.05), Adam(rate=0.05)):
        w, b = 0.0, 2.0
        for k in range(25):
            miss = w*x + b - y
            w, b = optimizer.step(w, b, np.mean(2*miss*x), np.mean(2*miss))
        print(type(optimizer).__name__, w, b)
