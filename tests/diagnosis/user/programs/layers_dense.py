"""Dense layers in the forms in which people write them. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


class LayerDense:
    """Output and dinputs are kept, nothing is returned."""

    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.1 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Affine:
    """Weights come from outside; params and grads in lists."""

    def __init__(self, W, b):
        self.params, self.grads = [W, b], [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return x @ W + b

    def backward(self, dout):
        W, _ = self.params
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ W.T


class FCLayer:
    """Updates itself in backward_propagation(output_error, learning_rate)."""

    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size) - 0.5
        self.bias = np.random.rand(1, output_size) - 0.5

    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = self.input @ self.weights + self.bias
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        input_error = output_error @ self.weights.T
        weights_error = self.input.T @ output_error
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error.sum(axis=0, keepdims=True)
        return input_error


class Linear:
    """Parameters keyed like their gradients; columns are not meant."""

    def __init__(self, input_size: int, output_size: int) -> None:
        self.params, self.grads = {}, {}
        self.params["w"] = np.random.randn(input_size, output_size)
        self.params["b"] = np.random.randn(output_size)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.params["w"] + self.params["b"]

    def backward(self, grad):
        self.grads["b"] = np.sum(grad, axis=0)
        self.grads["w"] = self.inputs.T @ grad
        return grad @ self.params["w"].T


class Parameter:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)


class WithParameters:
    """Parameters with value and grad; gradients accumulate until zero_grad."""

    def __init__(self, fan_in, fan_out, use_bias=True):
        self.W, self.b = Parameter(np.random.randn(fan_in, fan_out)), Parameter(np.zeros(fan_out))

    def parameters(self):
        return [self.W, self.b]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = np.zeros_like(p.value)

    def __call__(self, x):
        self.x = x
        return x @ self.W.value + self.b.value

    def backward(self, grad_output):
        self.W.grad += self.x.T @ grad_output
        self.b.grad += grad_output.sum(axis=0)
        return grad_output @ self.W.value.T


class Columns:
    """Samples in columns; the cache is returned and handed back; gradients in a dict."""

    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_out, n_in), np.zeros((n_out, 1))

    def forward_pass(self, A_prev):
        return self.W @ A_prev + self.b, A_prev

    def backward_pass(self, dZ, cache):
        return {"dA_prev": self.W.T @ dZ, "dW": dZ @ cache.T, "db": dZ.sum(axis=1, keepdims=True)}


class Vector:
    """One sample as a 1-D vector, gradients returned in a tuple."""

    def __init__(self, n_inputs, n_outputs):
        self.w, self.b = np.random.randn(n_outputs, n_inputs), np.random.randn(n_outputs)

    def forward(self, x):
        self.last_x = x
        return np.dot(self.w, x) + self.b

    def backward(self, grad):
        return np.dot(self.w.T, grad), np.outer(grad, self.last_x), grad.copy()


class Lazy:
    """Builds itself at the first call; changes the gradient from above in place."""

    def __init__(self, units):
        self.units, self.kernel = units, None

    def call(self, x, training=False):
        if self.kernel is None:
            self.kernel = np.random.default_rng().normal(size=(x.shape[-1], self.units))
        self._x, self._z = x, x @ self.kernel
        return np.maximum(self._z, 0)

    def backprop(self, upstream):
        upstream[self._z < 0] = 0
        self.kernel_gradient = self._x.T @ upstream
        return upstream @ self.kernel.T


class Aliases:
    """The weights under two names, a stale copy, equal shapes, and nested objects."""

    def __init__(self, n=4):
        self.inner = [LayerDense(n, n), LayerDense(n, n)]
        self.W = self.inner[0].weights
        self.all = {"first": self.W, "copy": self.inner[1].weights.copy()}

    def forward(self, x):
        self.inner[0].forward(x)
        self.inner[1].forward(np.tanh(self.inner[0].output))
        return self.inner[1].output

    def backward(self, d):
        self.inner[1].backward(d)
        self.inner[0].backward(self.inner[1].dinputs * (1 - np.tanh(self.inner[0].output) ** 2))
        return self.inner[0].dinputs
