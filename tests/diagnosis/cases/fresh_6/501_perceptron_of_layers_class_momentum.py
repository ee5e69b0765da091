"""Truth: the hidden errors are pulled back through the weights of the WRONG layer: self.weights[i + 1] belongs there, self.weights[i]
stands there (square layers, so that the shapes fit). Lists of matrices with the bias folded in as the last row; one sample.
"""
import numpy as np


class BackpropNetwork:
    """handnn: network 4-4-4-4 sigmoid sigmoid sigmoid mse"""

    def __init__(self, layer_size=(4, 4, 4, 4)):
        self.layer_count = len(layer_size) - 1
        self.shape = layer_size
        self.weights = [np.random.normal(scale=0.5, size=(a + 1, b)) for a, b in zip(layer_size[:-1], layer_size[1:])]

    def sgm(self, x, derivative=False):
        if not derivative:
            return 1 / (1 + np.exp(-x))
        out = self.sgm(x)
        return out * (1 - out)

    def run(self, inputs):
        self._layer_input, self._layer_output = [], []
        out = inputs
        for w in self.weights:
            z = np.dot(np.append(out, 1.0), w)
            self._layer_input.append(z)
            out = self.sgm(z)
            self._layer_output.append(out)
        return out

    def train_epoch(self, inputs, target, training_rate=0.2):
        output = self.run(inputs)
        delta = []
        for i in reversed(range(self.layer_count)):
            if i == self.layer_count - 1:
                output_delta = output - target
                error = np.sum(output_delta**2) / 2
                delta.insert(0, output_delta * self.sgm(self._layer_input[i], True))
            else:
                pulled = np.dot(self.weights[i][:-1], delta[0])
                delta.insert(0, pulled * self.sgm(self._layer_input[i], True))
        for i in range(self.layer_count):
            before = inputs if i == 0 else self._layer_output[i - 1]
            self.weights[i] -= training_rate * np.outer(np.append(before, 1.0), delta[i])
        return error
