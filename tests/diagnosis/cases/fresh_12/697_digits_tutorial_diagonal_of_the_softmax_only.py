"""Truth: with a squared error the softmax needs its whole matrix of derivatives; its diagonal p (1 - p) alone is used. One sample at a
time, parameters and activations in one dict, the functions with a flag for the derivative.
"""
import numpy as np


class DeepNeuralNetwork:
    def __init__(self, sizes=(6, 5, 4, 3), l_rate=0.01):
        self.sizes, self.l_rate = sizes, l_rate
        rng = np.random.RandomState(3)
        self.params = {
            "W1": rng.randn(sizes[1], sizes[0]) * np.sqrt(1.0 / sizes[1]),
            "W2": rng.randn(sizes[2], sizes[1]) * np.sqrt(1.0 / sizes[2]),
            "W3": rng.randn(sizes[3], sizes[2]) * np.sqrt(1.0 / sizes[3]),
        }

    def sigmoid(self, x, derivative=False):
        if derivative:
            return np.exp(-x) / (np.exp(-x) + 1) ** 2
        return 1 / (1 + np.exp(-x))

    def softmax(self, x, derivative=False):
        exps = np.exp(x - x.max())
        p = exps / exps.sum()
        if derivative:
            return p * (1 - p)
        return p

    def forward_pass(self, x_train):
        params = self.params
        params["A0"] = x_train
        params["Z1"] = np.dot(params["W1"], params["A0"])
        params["A1"] = self.sigmoid(params["Z1"])
        params["Z2"] = np.dot(params["W2"], params["A1"])
        params["A2"] = self.sigmoid(params["Z2"])
        params["Z3"] = np.dot(params["W3"], params["A2"])
        params["A3"] = self.softmax(params["Z3"])
        return params["A3"]

    def loss(self, y_train, output):
        return np.mean((output - y_train) ** 2)

    def backward_pass(self, y_train, output):
        params = self.params
        change_w = {}
        error = 2 * (output - y_train) / output.shape[0] * self.softmax(params["Z3"], derivative=True)
        change_w["W3"] = np.outer(error, params["A2"])
        error = np.dot(params["W3"].T, error) * self.sigmoid(params["Z2"], derivative=True)
        change_w["W2"] = np.outer(error, params["A1"])
        error = np.dot(params["W2"].T, error) * self.sigmoid(params["Z1"], derivative=True)
        change_w["W1"] = np.outer(error, params["A0"])
        return change_w

    def train(self, x_train, y_train, epochs=10):
        for _ in range(epochs):
            for x, y in zip(x_train, y_train):
                output = self.forward_pass(x)
                for key, value in self.backward_pass(y, output).items():
                    self.params[key] -= self.l_rate * value
