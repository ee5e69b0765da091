"""Truth: one derivative below zero, and one that misses a factor. A file of activation functions, each followed by its derivative by
the input, collected in a dict for the networks of a course.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    return sigmoid(x) * (1 - sigmoid(x))


def elu(x, alpha=0.7):
    """Exponential linear unit"""
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def elu_derivative(x, alpha=0.7):
    return np.where(x > 0, 1, elu(x, alpha) + 1)


def softplus(x):
    return np.log(1 + np.exp(x))


def softplus_derivative(x):
    return 1 / (1 + np.exp(-x))


def swish(x):
    return x * sigmoid(x)


def swish_derivative(x):
    s = sigmoid(x)
    return s + x * s * (1 - s)


def mish(x):
    return x * np.tanh(softplus(x))


def mish_derivative(x):
    t = np.tanh(softplus(x))
    return t + x * (1 - t ** 2)


def arctan(x):
    return np.arctan(x)


def arctan_derivative(x):
    return 1 / (x ** 2 + 1)


ACTIVATIONS = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "elu": (elu, elu_derivative),
    "softplus": (softplus, softplus_derivative),
    "swish": (swish, swish_derivative),
    "mish": (mish, mish_derivative),
    "arctan": (arctan, arctan_derivative),
}


def train_one_neuron(name, steps=200, lr=0.1):
    f, df = ACTIVATIONS[name]
    xs = np.linspace(-2, 2, 21)
    ys = f(1.3 * xs - 0.4)
    w, b = 0.5, 0.0
    for _ in range(steps):
        z = w * xs + b
        error = f(z) - ys
        w -= lr * np.mean(error * df(z) * xs)
        b -= lr * np.mean(error * df(z))
    return w, b


if __name__ == "__main__":
    for name in ACTIVATIONS:
        print("%-10s" % name, "w = %.3f  b = %.3f" % train_one_neuron(name))
