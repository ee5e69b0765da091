"""Truth: the gradient is assigned to the maximum's place (`=`); with a stride smaller than the kernel one place can be
the maximum of several windows, whose gradients must be added (`+=`).
"""
import numpy as np


class MaxPooling:
    def __init__(self, kernel_size=(2, 2), stride=(1, 1)):
        self.kernel_size, self.stride = kernel_size, stride

    def output_shape(self, shape):
        b, c, h, w = shape
        (kh, kw), (sh, sw) = self.kernel_size, self.stride
        return b, c, (h - kh) // sh + 1, (w - kw) // sw + 1

    def execute(self, input_data):
        self.I = input_data
        shape = self.output_shape(input_data.shape)
        result = np.zeros(shape)
        self.indices = np.zeros(shape, dtype=int)
        for image in range(shape[0]):
            for channel in range(shape[1]):
                for i in range(shape[2]):
                    for j in range(shape[3]):
                        window = self._window(image, channel, i, j)
                        self.indices[image, channel, i, j] = window.argmax()
                        result[image, channel, i, j] = window.max()
        return result

    def _window(self, image, channel, i, j):
        (kh, kw), (sh, sw) = self.kernel_size, self.stride
        return self.I[image, channel, i * sh : i * sh + kh, j * sw : j * sw + kw]

    def backprop(self, grad_output):
        grad_input = np.zeros_like(self.I)
        for image, channel, i, j in np.ndindex(grad_output.shape):
            a, b = divmod(self.indices[image, channel, i, j], self.kernel_size[1])
            row, col = i * self.stride[0] + a, j * self.stride[1] + b
            grad_input[image, channel, row, col] = grad_output[image, channel, i, j]
        return grad_input
