"""Truth: RIGHT. Layers and activations in one list, one sample a step, updates on the way down: the error for below is computed before
the weights change.
"""
import numpy as np


class FCLayer:
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size) - 0.5
        self.bias = np.random.rand(1, output_size) - 0.5

    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = np.dot(self.input, self.weights) + self.bias
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        weights_error = np.dot(self.input.T, output_error)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error
        return input_error


class ActivationLayer:
    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = np.tanh(self.input)
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        return (1 - np.tanh(self.input) ** 2) * output_error


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size


class Network:
    def __init__(self):
        self.layers = [FCLayer(3, 4), ActivationLayer(), FCLayer(4, 2), ActivationLayer()]

    def fit(self, x_train, y_train, epochs=1, learning_rate=0.1):
        for i in range(epochs):
            err = 0
            for j in range(len(x_train)):
                output = x_train[j : j + 1]
                for layer in self.layers:
                    output = layer.forward_propagation(output)
                err += mse(y_train[j : j + 1], output)
                error = mse_prime(y_train[j : j + 1], output)
                for layer in reversed(self.layers):
                    error = layer.backward_propagation(error, learning_rate)
        return err / len(x_train)
