"""Truth: every layer is a sigmoid, the loss the mean of squares over the outputs. `change` multiplies by the output a where the
slope a (1 - a) belongs, in the last and in the hidden layer. Objects for the layers, one column a step.
"""
import numpy as np


class Layer:
    def __init__(self, num_inputs, num_neurons):
        self.weights = np.random.randn(num_neurons, num_inputs) * 0.5
        self.biases = np.zeros((num_neurons, 1))

    def calc_output(self, inputs):
        self.inputs = inputs
        outputs = np.matmul(self.weights, inputs) + self.biases
        self.fin_outputs = 1 / (1 + np.exp(-outputs))


class Run:
    def __init__(self, num_inputs=4, num_hidden=5, num_outputs=3):
        self.num_outputs = num_outputs
        self.learningrate = 0.05
        self.hidden_layer = Layer(num_inputs, num_hidden)
        self.output_layer = Layer(num_hidden, num_outputs)

    def run_nn(self, x):
        self.hidden_layer.calc_output(x)
        self.output_layer.calc_output(self.hidden_layer.fin_outputs)
        self.nn_output = self.output_layer.fin_outputs
        return self.nn_output

    def calculate_cost(self, expected):
        return np.sum((self.nn_output - expected) ** 2) / self.num_outputs

    def back(self, expected):
        delta = 2 * (self.nn_output - expected) / self.num_outputs
        change = np.multiply(delta, self.output_layer.fin_outputs)
        hidden_delta = np.matmul(self.output_layer.weights.T, change)
        hidden_change = np.multiply(hidden_delta, self.hidden_layer.fin_outputs)
        self.output_layer.weights -= np.matmul(change, self.output_layer.inputs.T) * self.learningrate
        self.output_layer.biases -= change * self.learningrate
        self.hidden_layer.weights -= np.matmul(hidden_change, self.hidden_layer.inputs.T) * self.learningrate
        self.hidden_layer.biases -= hidden_change * self.learningrate
