"""Truth: for inputs below 0 backward returns the slope 0.01 alone; it must be 0.01 times the gradient. Loop over flat
arrays.
"""
import numpy as np


class Relu:
    """A leaky one. handnn: layer LeakyReLU(negative_slope=0.01), input_shape=(5,)"""

    def __init__(self):
        self.last_inputs = None
        self.fwd_out = None
        self.bkw_out = None

    def forward(self, inputs):
        self.last_inputs = inputs
        outputs = np.empty(inputs.size)
        for i in range(inputs.size):
            if inputs.flat[i] < 0:
                outputs[i] = 0.01 * inputs.flat[i]
            else:
                outputs[i] = inputs.flat[i]
        self.fwd_out = outputs.reshape(inputs.shape)
        return self.fwd_out

    def backward(self, grads):
        outputs = np.empty(grads.size)
        for i in range(grads.size):
            if self.last_inputs.flat[i] < 0:
                outputs[i] = 0.01
            else:
                outputs[i] = grads.flat[i]
        self.bkw_out = outputs.reshape(grads.shape)
        return self.bkw_out
