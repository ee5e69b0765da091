"""Truth: RIGHT. 'Shouldn't backward use the derivative at the layer's own output?' was asked by six people: the delta
that a layer computes is that of the layer BELOW it, so the slope at self.input is right; the last layer's slope
comes from the network. Labels - outputs: gradients of the ascent. Column vectors, one sample.
"""
import numpy as np


class SigmoidActivator(object):
    def forward(self, weighted_input):
        return 1.0 / (1.0 + np.exp(-weighted_input))

    def backward(self, output):
        return output * (1 - output)


class FullConnectedLayer(object):
    def __init__(self, input_size, output_size, activator):
        self.activator = activator
        self.W = np.random.uniform(-0.5, 0.5, (output_size, input_size))
        self.b = np.zeros((output_size, 1))

    def forward(self, input_array):
        self.input = input_array
        self.output = self.activator.forward(np.dot(self.W, input_array) + self.b)

    def backward(self, delta_array):
        self.delta = self.activator.backward(self.input) * np.dot(self.W.T, delta_array)
        self.W_grad = np.dot(delta_array, self.input.T)
        self.b_grad = delta_array


class Network(object):
    """handnn: network 4-5-3 sigmoid sigmoid mse"""

    def __init__(self, layers=(4, 5, 3)):
        self.layers = [FullConnectedLayer(layers[i], layers[i + 1], SigmoidActivator()) for i in range(len(layers) - 1)]

    def predict(self, sample):
        output = sample
        for layer in self.layers:
            layer.forward(output)
            output = layer.output
        return output

    def calc_gradient(self, label):
        delta = self.layers[-1].activator.backward(self.layers[-1].output) * (label - self.layers[-1].output)
        for layer in self.layers[::-1]:
            layer.backward(delta)
            delta = layer.delta
        return delta

    def loss(self, output, label):
        return 0.5 * ((label - output) * (label - output)).sum()
