"""Truth: the picture's gradient of the convolution; and a matrix that is moved before the gradient goes through it. Layers of a video
course, one sample at a time, which learn within backward(output_gradient, learning_rate).
"""
import numpy as np


def correlate_valid(a, k):
    h, w = a.shape[0] - k.shape[0] + 1, a.shape[1] - k.shape[1] + 1
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            out[i, j] = np.sum(a[i:i + k.shape[0], j:j + k.shape[1]] * k)
    return out


def correlate_full(a, k):
    padded = np.pad(a, ((k.shape[0] - 1,) * 2, (k.shape[1] - 1,) * 2))
    return correlate_valid(padded, k)


def convolve_full(a, k):
    return correlate_full(a, np.rot90(k, 2))


class Layer:
    def __init__(self):
        self.input = None
        self.output = None

    def forward(self, input):
        raise NotImplementedError

    def backward(self, output_gradient, learning_rate):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size) * 0.3
        self.bias = np.random.randn(output_size, 1) * 0.3

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return np.dot(self.weights.T, output_gradient)


class Convolutional(Layer):
    def __init__(self, input_shape, kernel_size, depth):
        input_depth, input_height, input_width = input_shape
        self.depth = depth
        self.input_shape = input_shape
        self.input_depth = input_depth
        self.output_shape = (depth, input_height - kernel_size + 1, input_width - kernel_size + 1)
        self.kernels_shape = (depth, input_depth, kernel_size, kernel_size)
        self.kernels = np.random.randn(*self.kernels_shape) * 0.3
        self.biases = np.random.randn(*self.output_shape) * 0.3

    def forward(self, input):
        self.input = input
        self.output = np.copy(self.biases)
        for i in range(self.depth):
            for j in range(self.input_depth):
                self.output[i] += correlate_valid(self.input[j], self.kernels[i, j])
        return self.output

    def backward(self, output_gradient, learning_rate):
        kernels_gradient = np.zeros(self.kernels_shape)
        input_gradient = np.zeros(self.input_shape)
        for i in range(self.depth):
            for j in range(self.input_depth):
                kernels_gradient[i, j] = correlate_valid(self.input[j], output_gradient[i])
                input_gradient[j] += correlate_full(output_gradient[i], self.kernels[i, j])
        self.kernels -= learning_rate * kernels_gradient
        self.biases -= learning_rate * output_gradient
        return input_gradient


class Reshape(Layer):
    def __init__(self, input_shape, output_shape):
        self.input_shape = input_shape
        self.output_shape = output_shape

    def forward(self, input):
        return np.reshape(input, self.output_shape)

    def backward(self, output_gradient, learning_rate):
        return np.reshape(output_gradient, self.input_shape)


class Sigmoid(Layer):
    def forward(self, input):
        self.input = input
        return 1 / (1 + np.exp(-input))

    def backward(self, output_gradient, learning_rate):
        s = 1 / (1 + np.exp(-self.input))
        return np.multiply(output_gradient, s * (1 - s))


def binary_cross_entropy(y_true, y_pred):
    return np.mean(-y_true * np.log(y_pred) - (1 - y_true) * np.log(1 - y_pred))


def binary_cross_entropy_prime(y_true, y_pred):
    return ((1 - y_true) / (1 - y_pred) - y_true / y_pred) / np.size(y_true)


if __name__ == "__main__":
    np.random.seed(4)
    images = np.random.rand(16, 1, 8, 8)
    images[::2, :, 2:5, :] += 1.0
    images[1::2, :, :, 2:5] += 1.0
    answers = np.array([[[1.0], [0.0]], [[0.0], [1.0]]] * 8)

    network = [
        Convolutional((1, 8, 8), 3, 2),
        Sigmoid(),
        Convolutional((2, 6, 6), 3, 2),
        Sigmoid(),
        Reshape((2, 4, 4), (2 * 4 * 4, 1)),
        Dense(2 * 4 * 4, 12),
        Sigmoid(),
        Dense(12, 2),
        Sigmoid(),
    ]
    epochs, learning_rate = 7, 0.1
    for e in range(epochs):
        error = 0
        for x, y in zip(images, answers):
            output = x
            for layer in network:
                output = layer.forward(output)
            error += binary_cross_entropy(y, output)
            grad = binary_cross_entropy_prime(y, output)
            for layer in reversed(network):
                grad = layer.backward(grad, learning_rate)
        error /= len(images)
        print(f"{e + 1}/{epochs}, error={error}")
