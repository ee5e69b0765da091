"""Truth: the velocity of the biases is computed and used, and never stored."""
import numpy as np


class Optimizer_SGD:
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.9"""

    def __init__(self, learning_rate=0.1, momentum=0.9):
        self.learning_rate = learning_rate
        self.momentum = momentum

    def update_params(self, layer):
        if not hasattr(layer, "weight_momentums"):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
        weight_updates = self.momentum * layer.weight_momentums - self.learning_rate * layer.dweights
        layer.weight_momentums = weight_updates
        bias_updates = self.momentum * layer.bias_momentums - self.learning_rate * layer.dbiases
        layer.weights += weight_updates
        layer.biases += bias_updates
