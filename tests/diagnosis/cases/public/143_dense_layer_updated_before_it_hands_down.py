"""Truth: the weights are changed before the error is pulled back through them: the previous error is made of the new
weights, the old ones belong there (the two lines exchanged). The step itself is right. Column vectors.
"""
import numpy as np


class Dense:
    def __init__(self, input_size, output_size, learning_rate=0.1):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)
        self.learning_rate = learning_rate

    def forward(self, layer_input):
        self.layer_input = layer_input
        return np.dot(self.weights, self.layer_input) + self.bias

    def backward(self, errors):
        deltas = np.dot(errors, self.layer_input.T)
        self.weights = self.weights - self.learning_rate * deltas
        self.bias = self.bias - self.learning_rate * np.sum(errors, axis=1, keepdims=True)
        # what the layer below is to blame for
        previous_errors = np.dot(self.weights.T, errors)
        return previous_errors
