"""Truth: UpSampling2D's backward pass picks one of every block of gradients instead of their sum. Average pooling and zero
padding are right. Layers of a library from scratch: is plain slicing really the reverse of repeat?
"""
import numpy as np


class ConstantPadding2D:
    """Rows and columns of one value around the image. handnn: layer, input_shape=(2, 3, 4)"""

    def __init__(self, padding=((1, 2), (0, 1)), padding_value=0):
        self.padding = padding
        self.padding_value = padding_value

    def forward_pass(self, X, training=True):
        self.rows, self.cols = X.shape[2:]
        return np.pad(X, ((0, 0), (0, 0)) + self.padding, mode="constant", constant_values=self.padding_value)

    def backward_pass(self, accum_grad):
        top, left = self.padding[0][0], self.padding[1][0]
        return accum_grad[:, :, top:top + self.rows, left:left + self.cols]


class UpSampling2D:
    """Nearest neighbour. handnn: layer, input_shape=(2, 3, 4)"""

    def __init__(self, size=(2, 2)):
        self.size = size
        self.prev_shape = None

    def forward_pass(self, X, training=True):
        self.prev_shape = X.shape
        X_new = X.repeat(self.size[0], axis=2)
        X_new = X_new.repeat(self.size[1], axis=3)
        return X_new

    def backward_pass(self, accum_grad):
        # back to the shape before
        accum_grad = accum_grad[:, :, ::self.size[0], ::self.size[1]]
        return accum_grad


class AveragePooling2D:
    """handnn: layer, input_shape=(2, 4, 6)"""

    def __init__(self, pool=2):
        self.pool = pool

    def forward_pass(self, X, training=True):
        n, c, h, w = X.shape
        p = self.pool
        self.prev_shape = X.shape
        return X.reshape(n, c, h // p, p, w // p, p).mean(axis=(3, 5))

    def backward_pass(self, accum_grad):
        p = self.pool
        return np.kron(accum_grad, np.ones((p, p))) / p ** 2
