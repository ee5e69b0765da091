"""Truth: forward divides by keep_prob, backward multiplies by the mask of zeros and ones only: the 1 / keep_prob is
lost. The generator is seeded in the constructor; in inference nothing is dropped.
"""
import numpy as np


class DropoutLayer(object):
    def __init__(self, input_size, ratio=0.5):
        self.dropout_ratio = ratio
        self.keep_prob = 1 - ratio
        self.mask = None
        self.input_size = input_size
        self.output_size = input_size
        self.rng = np.random.default_rng(7)

    def forward(self, input, train=True):
        if train:
            if self.mask is None or self.mask.shape != input.shape:
                self.mask = (self.rng.random(input.shape) < self.keep_prob) * 1.0
            self.z = input * self.mask / self.keep_prob
        else:
            self.z = input
        return self.z

    def backward(self, delta_in, idx=0):
        delta_out = self.mask * delta_in
        return delta_out
