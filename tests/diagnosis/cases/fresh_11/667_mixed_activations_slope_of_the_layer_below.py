"""Truth: the slope of layer i must be that of its OWN activation; that of layer i - 1 stands there (for the first layer that of the last).
It shows as soon as the activations differ. Columns, one sample, target - output, so that the steps are added; half the sum of squares.
"""
import numpy as np


class Activation:
    """The derivative is written for outputs."""

    def __init__(self, function, derivative):
        self.function = function
        self.derivative = derivative


SIGMOID = Activation(lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y))
TANH = Activation(np.tanh, lambda y: 1 - y * y)
LEAKY_RELU = Activation(lambda x: np.where(x > 0, x, 0.1 * x), lambda y: np.where(y > 0, 1.0, 0.1))


class Dense:
    def __init__(self, cols, rows, activation, learning_rate):
        self.weights = np.random.uniform(-1, 1, (rows, cols))
        self.biases = np.zeros((rows, 1))
        self.activation = activation
        self.learning_rate = learning_rate
        self.data = None

    def forward(self, inputs):
        self.data = self.activation.function(self.weights @ inputs + self.biases)
        return self.data

    def backward(self, gradients, data):
        errors = self.weights.T @ gradients
        self.weights += self.learning_rate * gradients @ data.T
        self.biases += self.learning_rate * gradients
        return errors


class Network:
    def __init__(self, learning_rate=0.01):
        self.layers = [
            Dense(3, 4, TANH, learning_rate),
            Dense(4, 4, LEAKY_RELU, learning_rate),
            Dense(4, 2, SIGMOID, learning_rate),
        ]
        self.loss = 1.0

    def feed_forward(self, inputs):
        data_at = inputs
        for layer in self.layers:
            data_at = layer.forward(data_at)
        return data_at

    def back_propagate(self, inputs, outputs, target):
        errors = target - outputs
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            gradients = self.layers[i - 1].activation.derivative(layer.data) * errors
            data = self.layers[i - 1].data if i > 0 else inputs
            errors = layer.backward(gradients, data)

    def fit(self, train_in, train_out, epochs):
        for _ in range(epochs):
            self.loss = 0.0
            for inputs, target in zip(train_in, train_out):
                outputs = self.feed_forward(inputs)
                self.loss += 0.5 * np.sum((outputs - target) ** 2)
                self.back_propagate(inputs, outputs, target)


if __name__ == "__main__":
    np.random.seed(1)
    network = Network()
    train_in = [np.random.randn(3, 1) for _ in range(6)]
    train_out = [np.random.rand(2, 1) for _ in range(6)]
    network.fit(train_in, train_out, 20)
    print(network.loss)
