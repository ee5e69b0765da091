"""Truth: weight_updates is momentum * old - rate * gradient, with the step's sign in it; it must be added to the weights, as
is done for the biases. State is kept on the layer.
"""
import numpy as np


class Optimizer_SGD:
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.9"""

    def __init__(self, learning_rate=0.1, momentum=0.9):
        self.learning_rate = learning_rate
        self.current_learning_rate = learning_rate
        self.iterations = 0
        self.momentum = momentum

    def pre_update_params(self):
        self.current_learning_rate = self.learning_rate

    def update_params(self, layer):
        if not hasattr(layer, "weight_momentums"):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
        weight_updates = self.momentum * layer.weight_momentums - self.current_learning_rate * layer.dweights
        layer.weight_momentums = weight_updates
        bias_updates = self.momentum * layer.bias_momentums - self.current_learning_rate * layer.dbiases
        layer.bias_momentums = bias_updates
        layer.weights -= weight_updates
        layer.biases += bias_updates

    def post_update_params(self):
        self.iterations += 1
