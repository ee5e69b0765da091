"""Truth: the FORWARD pass is wrong. For pooling of (p0, p1) blocks each image axis must be split into (number of
blocks, block): reshape(N, C, H // p, p, W // p, p); here the blocks come first, so pixels far apart are compared.
The backward pass is consistent with it: the output has the right shape and the gradient is that of this output.
"""
import numpy as np


class maxpool_layer:
    """handnn: layer MaxPooling2D(2, data_format='channels_first'), input_shape=(2, 4, 6)"""

    def __init__(self, pool_shape=(2, 2)):
        self.pool_shape = pool_shape

    def forward_pass(self, inputs):
        new_shape = inputs.shape[:2]
        for i in [0, 1]:
            pool_width = self.pool_shape[i]
            img_width = inputs.shape[i + 2]
            new_shape += (pool_width, img_width // pool_width)
        result = inputs.reshape(new_shape)
        self.shapes = inputs.shape, new_shape
        self.axes = (2, 4)
        out = np.max(result, axis=self.axes, keepdims=True)
        self.mask = result == out
        return out.squeeze(axis=self.axes)

    def backward_pass(self, grad):
        grad = np.expand_dims(grad, self.axes)
        return (self.mask * grad).reshape(self.shapes[0])
