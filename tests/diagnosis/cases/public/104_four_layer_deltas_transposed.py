"""Truth: del4 is the bare error; it lacks the slope of the output sigmoid, err4 * sigmoid'(output), which the two
hidden layers have. Deltas of the hidden layers are transposed (units, samples), the error is not; no biases.
"""
from numpy import array, dot, exp, random


class NeuralNetwork:
    """handnn: network 3-5-4-1 sigmoid sigmoid sigmoid mse"""

    def __init__(self):
        random.seed(1)
        l2, l3 = 5, 4
        self.synaptic_weights1 = 2 * random.random((3, l2)) - 1
        self.synaptic_weights2 = 2 * random.random((l2, l3)) - 1
        self.synaptic_weights3 = 2 * random.random((l3, 1)) - 1

    def __sigmoid(self, x):
        return 1 / (1 + exp(-x))

    def __sigmoid_derivative(self, x):
        return x * (1 - x)

    def forward_pass(self, inputs):
        self.a2 = self.__sigmoid(dot(inputs, self.synaptic_weights1))
        self.a3 = self.__sigmoid(dot(self.a2, self.synaptic_weights2))
        return self.__sigmoid(dot(self.a3, self.synaptic_weights3))

    def train(self, training_set_inputs, training_set_outputs, number_of_training_iterations=1):
        for _ in range(number_of_training_iterations):
            output = self.forward_pass(training_set_inputs)
            # the error
            del4 = training_set_outputs - output
            # pull it back
            del3 = dot(self.synaptic_weights3, del4.T) * self.__sigmoid_derivative(self.a3).T
            del2 = dot(self.synaptic_weights2, del3) * self.__sigmoid_derivative(self.a2).T
            # changes of the three matrices
            adjustment3 = dot(self.a3.T, del4)
            adjustment2 = dot(self.a2.T, del3.T)
            adjustment1 = dot(training_set_inputs.T, del2.T)
            self.synaptic_weights1 += adjustment1
            self.synaptic_weights2 += adjustment2
            self.synaptic_weights3 += adjustment3
