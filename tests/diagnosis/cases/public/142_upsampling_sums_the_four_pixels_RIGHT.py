"""Truth: RIGHT. 'Should it not be the mean of the four?' was asked: each pixel controls the whole block that it was
copied to, so the block's gradients are summed. (samples, channels, rows, columns).
"""
import numpy as np


class upsample:
    """handnn: layer UpSampling2D(2, data_format='channels_first'), input_shape=(2, 3, 2)"""

    def __init__(self, scale_y=2, scale_x=2):
        self.scale_y = scale_y
        self.scale_x = scale_x

    def forward(self, src):
        return src.repeat(self.scale_y, axis=2).repeat(self.scale_x, axis=3)

    def backward(self, gradient_input):
        n, k, nr, nc = gradient_input.shape
        grad = np.zeros((n, k, nr // self.scale_y, nc // self.scale_x))
        for r in range(nr):
            for c in range(nc):
                grad[:, :, r // self.scale_y, c // self.scale_x] += gradient_input[:, :, r, c]
        return grad
