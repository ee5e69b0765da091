"""Truth: the velocity ADDS learning_rate * gradient, the weights then add momentum * velocity: the momentum part
climbs. It must be past_velocity * momentum - learning_rate * gradient; the last line (Nesterov's form) is right.
"""
import numpy as np


class NaiveMomentum:
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.9, nesterov=True"""

    def __init__(self, learning_rate=0.1, momentum=0.9):
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.past_velocity = 0.0

    def update_parameter(self, w, gradient):
        learning_rate, momentum = self.learning_rate, self.momentum
        velocity = self.past_velocity * momentum + learning_rate * gradient
        w = w + momentum * velocity - learning_rate * gradient
        self.past_velocity = velocity
        return w
