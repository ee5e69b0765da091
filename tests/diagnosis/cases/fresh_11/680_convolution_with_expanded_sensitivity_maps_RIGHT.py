"""Truth: RIGHT. 'Why is the input not padded a second time on the way back?' was asked: the sensitivity map is spread out to stride 1 and
padded so that the result has the size of the input; what the zeros around the input get is not wanted. Filters are objects, one image.
"""
import numpy as np


def padding(input_array, zp):
    if zp == 0:
        return input_array
    widths = [(0, 0)] * (input_array.ndim - 2) + [(zp, zp), (zp, zp)]
    return np.pad(input_array, widths)


def conv(input_array, kernel_array, output_array, stride, bias):
    kernel_height, kernel_width = kernel_array.shape[-2:]
    for i in range(output_array.shape[0]):
        for j in range(output_array.shape[1]):
            patch = input_array[..., i * stride : i * stride + kernel_height, j * stride : j * stride + kernel_width]
            output_array[i, j] = (patch * kernel_array).sum() + bias


class Filter:
    def __init__(self, width, height, depth):
        self.weights = np.random.uniform(-0.5, 0.5, (depth, height, width))
        self.bias = 0.0
        self.weights_grad = np.zeros(self.weights.shape)
        self.bias_grad = 0.0

    def update(self, learning_rate):
        self.weights -= learning_rate * self.weights_grad
        self.bias -= learning_rate * self.bias_grad


class ConvLayer:
    def __init__(self, input_size=5, channel_number=2, filter_size=3, filter_number=2, zero_padding=1, stride=2):
        self.input_size, self.channel_number = input_size, channel_number
        self.filter_size, self.filter_number = filter_size, filter_number
        self.zero_padding, self.stride = zero_padding, stride
        self.output_size = (input_size - filter_size + 2 * zero_padding) // stride + 1
        self.filters = [Filter(filter_size, filter_size, channel_number) for _ in range(filter_number)]

    def forward(self, input_array):
        self.input_array = input_array
        self.padded_input_array = padding(input_array, self.zero_padding)
        self.output_array = np.zeros((self.filter_number, self.output_size, self.output_size))
        for f in range(self.filter_number):
            conv(self.padded_input_array, self.filters[f].weights, self.output_array[f], self.stride, self.filters[f].bias)
        return self.output_array

    def backward(self, sensitivity_array):
        self.bp_sensitivity_map(sensitivity_array)
        self.bp_gradient(sensitivity_array)
        return self.delta_array

    def bp_sensitivity_map(self, sensitivity_array):
        expanded_array = self.expand_sensitivity_map(sensitivity_array)
        # a full convolution: pad the sensitivity map
        zp = (self.input_size + self.filter_size - 1 - expanded_array.shape[2]) // 2
        padded_array = padding(expanded_array, zp)
        self.delta_array = self.create_delta_array()
        for f in range(self.filter_number):
            flipped_weights = np.array([np.rot90(w, 2) for w in self.filters[f].weights])
            delta_array = self.create_delta_array()
            for d in range(delta_array.shape[0]):
                conv(padded_array[f], flipped_weights[d], delta_array[d], 1, 0)
            self.delta_array += delta_array

    def bp_gradient(self, sensitivity_array):
        expanded_array = self.expand_sensitivity_map(sensitivity_array)
        for f in range(self.filter_number):
            filter = self.filters[f]
            for d in range(filter.weights.shape[0]):
                conv(self.padded_input_array[d], expanded_array[f], filter.weights_grad[d], 1, 0)
            filter.bias_grad = expanded_array[f].sum()

    def expand_sensitivity_map(self, sensitivity_array):
        size = self.input_size - self.filter_size + 2 * self.zero_padding + 1
        expand_array = np.zeros((sensitivity_array.shape[0], size, size))
        for i in range(self.output_size):
            for j in range(self.output_size):
                expand_array[:, i * self.stride, j * self.stride] = sensitivity_array[:, i, j]
        return expand_array

    def create_delta_array(self):
        return np.zeros((self.channel_number, self.input_size, self.input_size))
