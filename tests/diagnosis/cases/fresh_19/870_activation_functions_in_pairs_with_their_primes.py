"""Truth: tanh_prime asks for z; the way down of swish. Activation functions with their derivatives, and a table of both for a layer class."""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)


def tanh(z):
    return np.tanh(z)


def tanh_prime(z):
    return 1 - z ** 2


def relu(z):
    return np.maximum(0.0, z)


def relu_prime(z):
    return np.where(z > 0, 1.0, 0.0)


def leaky_relu(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


def leaky_relu_prime(z, alpha=0.01):
    return np.where(z > 0, 1.0, alpha)


def elu(z, alpha=1.0):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1))


def elu_prime(z, alpha=1.0):
    return np.where(z > 0, 1.0, alpha * np.exp(z))


def softplus(z):
    return np.log(1 + np.exp(z))


def softplus_prime(z):
    return sigmoid(z)


def swish(z):
    return z * sigmoid(z)


def swish_prime(z):
    return sigmoid(z) + z * sigmoid(z)


def softsign(z):
    return z / (1 + np.abs(z))


def softsign_prime(z):
    return 1 / (1 + np.abs(z)) ** 2


ACTIVATIONS = {
    'sigmoid': (sigmoid, sigmoid_prime),
    'tanh': (tanh, tanh_prime),
    'relu': (relu, relu_prime),
    'leaky_relu': (leaky_relu, leaky_relu_prime),
    'elu': (elu, elu_prime),
    'softplus': (softplus, softplus_prime),
    'swish': (swish, swish_prime),
    'softsign': (softsign, softsign_prime),
}


if __name__ == '__main__':
    z = np.linspace(-2, 2, 5)
    for name, (f, f_prime) in ACTIVATIONS.items():
        print('%-10s' % name, np.round(f(z), 3), np.round(f_prime(z), 3))
