"""Truth: backward copies the gradient by the output to the input, as if the softmax were the identity (fused losses do
so). As a layer of its own it must be y * (g - sum(g * y)).
"""
import numpy as np


class softmax_layer:
    """handnn: layer Softmax(), input_shape=(4,)"""

    def __init__(self, inputs=4, groups=1, temperature=1.0):
        self.inputs = inputs
        self.groups = groups
        self.temperature = temperature
        self.output = None

    def forward(self, net_input):
        batch = net_input.shape[0]
        x = net_input.reshape(batch, self.groups, self.inputs // self.groups)
        largest = x.max(axis=2, keepdims=True)
        e = np.exp(x / self.temperature - largest / self.temperature)
        self.output = (e / e.sum(axis=2, keepdims=True)).reshape(batch, self.inputs)
        return self.output

    def backward(self, delta):
        net_delta = np.zeros(delta.shape)
        for i in range(self.inputs * delta.shape[0]):
            net_delta.flat[i] += delta.flat[i]
        return net_delta
