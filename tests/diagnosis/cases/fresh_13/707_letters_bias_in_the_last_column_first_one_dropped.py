"""Truth: the ones are appended as the last column, so the weights of the bias are the last column, but the hidden deltas drop the first.
A network that learns sample by sample, with the biases in the matrices.
"""
import numpy as np


def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))


class Perceptron2:
    """ One hidden layer. Each row of a matrix is a neuron, its last weight belongs to the constant input. """

    def __init__(self, n_input, n_hidden, n_output, rng=None):
        rng = rng or np.random.default_rng(5)
        self.layers = [
            rng.uniform(-0.8, 0.8, (n_hidden, n_input + 1)),
            rng.uniform(-0.8, 0.8, (n_output, n_hidden + 1)),
        ]
        self.iteration = 0

    def feed_forward(self, vector):
        outputs = []
        for layer in self.layers:
            vector = sigmoid(layer @ np.append(vector, 1))
            outputs.append(vector)
        return outputs

    def cost(self, vector, target):
        return 0.5 * np.sum((self.feed_forward(vector)[-1] - target) ** 2)

    def backpropagate(self, input_vector, target):
        """ One step of descent for one input vector """
        c = 1. / (self.iteration + 10)
        self.iteration += 1
        hidden_outputs, outputs = self.feed_forward(input_vector)
        output_deltas = outputs * (1 - outputs) * (outputs - target)
        hidden_deltas = hidden_outputs * (1 - hidden_outputs) * \
            np.dot(self.layers[-1][:, 1:].T, output_deltas)
        self.layers[-1] -= c * np.outer(output_deltas, np.append(hidden_outputs, 1))
        self.layers[0] -= c * np.outer(hidden_deltas, np.append(input_vector, 1))

    def predict(self, vector):
        return int(np.argmax(self.feed_forward(vector)[-1]))


def main():
    rng = np.random.default_rng(0)
    shapes = rng.integers(0, 2, (4, 15)).astype(float)
    net = Perceptron2(15, 6, 4, rng)
    for _ in range(300):
        for k in rng.permutation(4):
            net.backpropagate(shapes[k] + 0.1 * rng.normal(size=15), np.eye(4)[k])
    print([net.predict(s) for s in shapes])


if __name__ == '__main__':
    main()
