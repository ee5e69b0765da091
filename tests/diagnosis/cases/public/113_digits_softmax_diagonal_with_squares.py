"""Truth: the squared error goes back through the softmax with its diagonal only (p_i (1 - p_i) elementwise); the
Jacobian's other entries are missing: it must be p * (d - sum(d * p)). Hidden sigmoids are right. One sample, no biases.
"""
import numpy as np


class DeepNeuralNetwork:
    """handnn: network 4-5-4-3 sigmoid sigmoid softmax mse"""

    def __init__(self, sizes=(4, 5, 4, 3)):
        i, h1, h2, o = sizes
        self.params = {"W1": np.random.randn(h1, i), "W2": np.random.randn(h2, h1), "W3": np.random.randn(o, h2)}

    def sigmoid(self, x, derivative=False):
        if derivative:
            return (np.exp(-x)) / ((np.exp(-x) + 1) ** 2)
        return 1 / (1 + np.exp(-x))

    def softmax(self, x, derivative=False):
        exps = np.exp(x - x.max())
        if derivative:
            return exps / np.sum(exps, axis=0) * (1 - exps / np.sum(exps, axis=0))
        return exps / np.sum(exps, axis=0)

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
