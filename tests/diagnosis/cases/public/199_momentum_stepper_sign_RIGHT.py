"""Truth: RIGHT. 'Sign error: it should be v = m v + lr g, theta - v' was reported: v = m v - lr g, theta + v is the
same. Parameters and gradients as flat arrays, changed in place.
"""
import numpy as np


class Stepper:
    def start(self, parameters):
        self.parameters = parameters


class MomentumStepper(Stepper):
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.9"""

    def __init__(self, learning_rate=0.1, momentum=0.9, scale_learning_rate=False):
        self.learning_rate = learning_rate * (1 - momentum) if scale_learning_rate else learning_rate
        self.momentum = momentum
        self.velocity = None

    def start(self, parameters):
        super().start(parameters)
        self.velocity = np.zeros_like(parameters)

    def run(self, gradients):
        self.velocity *= self.momentum
        self.velocity -= self.learning_rate * gradients
        self.parameters += self.velocity
