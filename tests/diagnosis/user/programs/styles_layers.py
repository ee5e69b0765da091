"""Layers in further styles: helpers in another file, execute/backprop, volumes, callbacks, steps. All are right."""
# ruff: noqa (code as people write it)

import numpy as np

from windows import columns_to_image, image_to_columns


class ConvLayer:
    """Channels last; the kernel is (kh, kw, c, filters)."""

    def __init__(self, in_channels, num_filters, kernel_size=2):
        self.kernel = np.random.randn(kernel_size, kernel_size, in_channels, num_filters) * 0.4
        self.bias = np.zeros(num_filters)

    def forward(self, image):
        kh, kw, c, f = self.kernel.shape
        self.shape = image.shape
        self.columns, rows, cols = image_to_columns(image, kh, kw)
        out = self.columns @ self.kernel.reshape(-1, f) + self.bias
        return out.reshape(len(image), rows, cols, f)

    def backward(self, dout):
        kh, kw, c, f = self.kernel.shape
        flat = dout.reshape(-1, f)
        self.dkernel = (self.columns.T @ flat).reshape(self.kernel.shape)
        self.dbias = flat.sum(axis=0)
        return columns_to_image(flat @ self.kernel.reshape(-1, f).T, self.shape, kh, kw)


class MeanPool:
    """execute and backprop; windows that do not overlap."""

    def __init__(self, window=(2, 2)):
        self.window = window

    def execute(self, maps):
        self.shape = maps.shape
        b, c, h, w = maps.shape
        p, q = self.window
        return maps.reshape(b, c, h // p, p, w // q, q).mean(axis=(3, 5))

    def backprop(self, grads):
        p, q = self.window
        spread = np.repeat(np.repeat(grads, p, axis=2), q, axis=3)
        return spread / (p * q)


class SelfUpdating:
    """A dense layer on columns that steps at once and hands down what the old weights gave."""

    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient


class Normalizer:
    """__call__ and grad, train flag, running statistics."""

    def __init__(self, num_features, momentum=0.9):
        self.gain, self.shift = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.momentum = np.zeros(num_features), momentum

    def __call__(self, batch, training=True):
        mean = batch.mean(axis=0) if training else self.running_mean
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
        self.std = np.sqrt(batch.var(axis=0) + 1e-5)
        self.hat = (batch - mean) / self.std
        return self.gain * self.hat + self.shift

    def grad(self, up):
        self.grad_gain, self.grad_shift = (up * self.hat).sum(axis=0), up.sum(axis=0)
        g = up * self.gain
        return (g - g.mean(axis=0) - self.hat * (g * self.hat).mean(axis=0)) / self.std


class Chain:
    """Two layers inside, their weights in nested objects."""

    def __init__(self, n_in=4, n_mid=5, n_out=3):
        self.parts = [SelfKept(n_in, n_mid), SelfKept(n_mid, n_out)]

    def forward(self, x):
        for part in self.parts:
            x = part.forward(x)
        return x

    def backward(self, grad):
        for part in reversed(self.parts):
            grad = part.backward(grad)
        return grad


class SelfKept:
    def __init__(self, n_in, n_out):
        self.params = {"W": np.random.randn(n_in, n_out) * 0.6, "b": np.zeros(n_out)}
        self.gradients = {}

    def forward(self, x):
        self.x = x
        self.a = np.tanh(x @ self.params["W"] + self.params["b"])
        return self.a

    def backward(self, grad):
        d = grad * (1 - self.a**2)
        self.gradients["W"] = self.x.T @ d
        self.gradients["b"] = np.sum(d, axis=0)
        return d @ self.params["W"].T


def conv_volume_forward(A_prev, W, b, hparameters):
    """One or many (m, h, w, c) with stride; the loops of a course."""
    stride = hparameters["stride"]
    m, h_prev, w_prev, c_prev = A_prev.shape
    f, f, c_prev, n_c = W.shape
    n_h, n_w = (h_prev - f) // stride + 1, (w_prev - f) // stride + 1
    Z = np.zeros((m, n_h, n_w, n_c))
    for i in range(m):
        for h in range(n_h):
            for w in range(n_w):
                for c in range(n_c):
                    window = A_prev[i, h * stride : h * stride + f, w * stride : w * stride + f, :]
                    Z[i, h, w, c] = np.sum(window * W[..., c]) + b[..., c].item()
    return Z, (A_prev, W, b, hparameters)


def conv_volume_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, f = hparameters["stride"], W.shape[0]
    dA_prev, dW, db = np.zeros_like(A_prev), np.zeros_like(W), np.zeros_like(b)
    m, n_h, n_w, n_c = dZ.shape
    for i in range(m):
        for h in range(n_h):
            for w in range(n_w):
                for c in range(n_c):
                    rows, cols = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
                    dA_prev[i, rows, cols, :] += W[..., c] * dZ[i, h, w, c]
                    dW[..., c] += A_prev[i, rows, cols, :] * dZ[i, h, w, c]
                    db[..., c] += dZ[i, h, w, c]
    return dA_prev, dW, db
