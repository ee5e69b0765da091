"""Truth: dropout's scale is missing on the way back. Layers of a tutorial whose backward takes the learning rate, and a Network with fit."""
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
        bias_error = np.sum(output_error, axis=0, keepdims=True)

        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * bias_error
        return input_error


class ActivationLayer:
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime

    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = self.activation(self.input)
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        return self.activation_prime(self.input) * output_error


class DropoutLayer:
    def __init__(self, rate):
        self.rate = rate

    def forward_propagation(self, input_data):
        self.mask = np.random.rand(*input_data.shape) > self.rate
        self.output = input_data * self.mask / (1 - self.rate)
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        return output_error * self.mask


def tanh(x):
    return np.tanh(x)


def tanh_prime(x):
    return 1 - np.tanh(x) ** 2


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def fit(self, x_train, y_train, epochs, learning_rate):
        for i in range(epochs):
            output = x_train
            for layer in self.layers:
                output = layer.forward_propagation(output)
            err = mse(y_train, output)
            error = mse_prime(y_train, output)
            for layer in reversed(self.layers):
                error = layer.backward_propagation(error, learning_rate)
            if (i + 1) % 100 == 0:
                print("epoch %d/%d   error=%f" % (i + 1, epochs, err))


if __name__ == "__main__":
    np.random.seed(2)
    x_train = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y_train = np.array([[0], [1], [1], [0]], dtype=float)
    net = Network()
    net.add(FCLayer(2, 8))
    net.add(ActivationLayer(tanh, tanh_prime))
    net.add(DropoutLayer(0.25))
    net.add(FCLayer(8, 1))
    net.fit(x_train, y_train, epochs=500, learning_rate=0.2)
