"""Truth: two mistakes: the hidden deltas lack the slope of the hidden units, and the last layer is updated before its weights
are used on the way back. The bias is the last column of each matrix. One image a step.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Network:
    def __init__(self, inputs=4, hidden=5, outputs=3):
        rng = np.random.RandomState(1)
        self.layers = [rng.uniform(-0.5, 0.5, (hidden, inputs + 1)), rng.uniform(-0.5, 0.5, (outputs, hidden + 1))]

    def feed_forward(self, input_vector):
        outputs = []
        for layer in self.layers:
            input_with_bias = np.append(input_vector, 1)
            output = sigmoid(np.inner(layer, input_with_bias))
            outputs.append(output)
            input_vector = output
        return outputs

    def backpropagate(self, input_vector, target, c=0.1):
        hidden_outputs, outputs = self.feed_forward(input_vector)
        loss = 0.5 * np.sum((outputs - target) ** 2)
        output_deltas = outputs * (1 - outputs) * (outputs - target)
        self.layers[-1] -= c * np.outer(output_deltas, np.append(hidden_outputs, 1))
        hidden_deltas = np.dot(np.delete(self.layers[-1], -1, 1).T, output_deltas)
        self.layers[0] -= c * np.outer(hidden_deltas, np.append(input_vector, 1))
        return loss
