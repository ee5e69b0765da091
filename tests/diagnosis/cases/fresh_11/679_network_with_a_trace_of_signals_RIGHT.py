"""Truth: RIGHT. 'Your inputs are the outputs of the activations, but you regard them as inputs again' was reported: the list of signals is
read skewed by one, and the derivatives are written for outputs. The bias is the first row of each matrix; target - out, so that steps are
added.
"""
import numpy as np


def sigmoid_function(signal, derivative=False):
    if derivative:
        # the signal has been through the function
        return np.multiply(signal, 1 - signal)
    return 1 / (1 + np.exp(-signal))


def tanh_function(signal, derivative=False):
    if derivative:
        return 1 - np.power(signal, 2)
    return np.tanh(signal)


def addBias(A):
    return np.hstack((np.ones((A.shape[0], 1)), A))


class NeuralNet:
    def __init__(self, n_inputs=3, n_outputs=2, n_hiddens=4, n_hidden_layers=2):
        self.activation_functions = [tanh_function] * n_hidden_layers + [sigmoid_function]
        sizes = [n_inputs] + [n_hiddens] * n_hidden_layers + [n_outputs]
        self.weights = [np.random.uniform(-0.8, 0.8, (n_in + 1, n_out)) for n_in, n_out in zip(sizes[:-1], sizes[1:])]

    def error(self, training_data, training_targets):
        return 0.5 * np.sum(np.power(training_targets - self.update(training_data), 2))

    def backpropagation(self, training_data, training_targets, learning_rate=0.05, momentum_factor=0.0, epochs=1):
        momentum = [0] * len(self.weights)
        for epoch in range(epochs):
            input_layers = self.update(training_data, trace=True)
            out = input_layers[-1]
            error = training_targets - out
            delta = np.multiply(error, self.activation_functions[-1](out, derivative=True))

            loop = zip(range(len(self.weights) - 1, -1, -1), reversed(self.weights), reversed(input_layers[:-1]))
            for i, weight_layer, input_signals in loop:
                # Loop over the weight layers in reversed order to calculate the deltas
                dW = learning_rate * np.dot(addBias(input_signals).T, delta) + momentum_factor * momentum[i]
                if i != 0:
                    # Skipping the bias weight during calculation.
                    weight_delta = np.dot(delta, weight_layer[1:, :].T)
                    delta = np.multiply(weight_delta, self.activation_functions[i - 1](input_signals, derivative=True))
                momentum[i] = dW
                self.weights[i] += dW

    def update(self, input_values, trace=False):
        output = input_values
        tracelist = [output]
        for i, weight_layer in enumerate(self.weights):
            output = np.dot(output, weight_layer[1:, :]) + weight_layer[0:1, :]  # implicit bias
            output = self.activation_functions[i](output)
            tracelist.append(output)
        return tracelist if trace else output


if __name__ == "__main__":
    np.random.seed(0)
    network = NeuralNet()
    X, Y = np.random.randn(7, 3), np.random.rand(7, 2)
    network.backpropagation(X, Y, momentum_factor=0.9, epochs=50)
    print(network.error(X, Y))
