"""Truth: the two weights of the output neuron lack y * (1 - y), the slope of its sigmoid. A script of single numbers, pair by pair,
without biases; the weights of the hidden layer are right.
"""
import numpy as np


def sig(v):
    return 1 / (1 + np.exp(-v))


class XorGate:
    def __init__(self, rate=0.5):
        self.rate = rate
        self.w0 = np.array([[0.9, 0.1], [0.3, 0.5]])
        self.w1 = np.array([0.8, -0.7])

    def output(self, x):
        self.h0 = sig(self.w0[0, 0] * x[0] + self.w0[1, 0] * x[1])
        self.h1 = sig(self.w0[0, 1] * x[0] + self.w0[1, 1] * x[1])
        return sig(self.w1[0] * self.h0 + self.w1[1] * self.h1)

    def error(self, y, target):
        return 0.5 * (target - y) ** 2

    def learn(self, x, target):
        y = self.output(x)
        h0, h1 = self.h0, self.h1
        d_y = -(target - y)
        d_00 = d_y * y * (1 - y) * self.w1[0] * h0 * (1 - h0) * x[0]
        d_01 = d_y * y * (1 - y) * self.w1[1] * h1 * (1 - h1) * x[0]
        d_10 = d_y * y * (1 - y) * self.w1[0] * h0 * (1 - h0) * x[1]
        d_11 = d_y * y * (1 - y) * self.w1[1] * h1 * (1 - h1) * x[1]
        d_out0 = d_y * h0
        d_out1 = d_y * h1
        self.w0[0, 0] -= self.rate * d_00
        self.w0[0, 1] -= self.rate * d_01
        self.w0[1, 0] -= self.rate * d_10
        self.w0[1, 1] -= self.rate * d_11
        self.w1[0] -= self.rate * d_out0
        self.w1[1] -= self.rate * d_out1


if __name__ == "__main__":
    pairs = [((1, 1), 0), ((1, 0), 1), ((0, 1), 1), ((0, 0), 0)]
    gate = XorGate()
    for round_ in range(2000):
        for x, target in pairs:
            gate.learn(x, target)
    print([float(gate.output(x)) for x, _ in pairs])
