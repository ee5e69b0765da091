"""Truth: elu's derivative lacks + alpha, softsign's lacks the square. Activation functions and their derivatives, both as functions of z."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def d_sigmoid(z):
    return sigmoid(z) * (1 - sigmoid(z))


def tanh(z):
    return np.tanh(z)


def d_tanh(z):
    return 1 - np.tanh(z) ** 2


def leaky_relu(z, slope=0.05):
    return np.where(z > 0, z, slope * z)


def d_leaky_relu(z, slope=0.05):
    return np.where(z > 0, 1.0, slope)


def elu(z, alpha=1.5):
    return np.where(z > 0, z, alpha * (np.exp(z) - 1))


def d_elu(z, alpha=1.5):
    return np.where(z > 0, 1.0, elu(z, alpha))


def softplus(z):
    return np.log1p(np.exp(z))


def d_softplus(z):
    return sigmoid(z)


def softsign(z):
    return z / (1 + np.abs(z))


def d_softsign(z):
    return 1 / (1 + np.abs(z))


def swish(z):
    return z * sigmoid(z)


def d_swish(z):
    s = sigmoid(z)
    return s + z * s * (1 - s)


ACTIVATIONS = {
    "sigmoid": (sigmoid, d_sigmoid),
    "tanh": (tanh, d_tanh),
    "leaky_relu": (leaky_relu, d_leaky_relu),
    "elu": (elu, d_elu),
    "softplus": (softplus, d_softplus),
    "softsign": (softsign, d_softsign),
    "swish": (swish, d_swish),
}


if __name__ == "__main__":
    z = np.linspace(-2, 2, 6)
    for name, (f, df) in ACTIVATIONS.items():
        print("%-10s" % name, np.round(f(z), 3), np.round(df(z), 3))
