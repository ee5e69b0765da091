"""Functions and derivatives under the names that people use. All are right but the last."""
# ruff: noqa (code as people write it)

import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_d(x):
    return sigmoid(x) * (1 - sigmoid(x))


def softplus(x):
    return np.log1p(np.exp(x))


def softplusPrime(x):
    return 1 / (1 + np.exp(-x))


def swish(x):
    return x / (1 + np.exp(-x))


def swish_dx(x):
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)


def elu(x):
    return np.where(x > 0, x, np.exp(x) - 1)


def derivative_of_elu(x):
    return np.where(x > 0, 1, np.exp(x))


def leaky(x, alpha=0.1):
    return np.where(x > 0, x, alpha * x)


def d_leaky(x, alpha=0.1):
    return np.where(x > 0, 1, alpha)


def softsign(x):
    return x / (1 + abs(x))


def _softsign_deriv(x):
    return 1 / (1 + abs(x)) ** 2


def gaussian(x):
    return np.exp(-x * x)


def grad_gaussian(x):
    return -2 * x * np.exp(-x * x)


def f(x):
    return x**3


def df(x):
    return 3 * x**2


def logistic(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + math.exp(-x))


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def softmax_jacobian(z):
    s = softmax(z)
    return np.einsum("ni,ij->nij", s, np.eye(z.shape[1])) - np.einsum("ni,nj->nij", s, s)


def dtanh(a):
    """Of the output."""
    return 1 - a**2


class Maths:
    @staticmethod
    def cube(x):
        return x**3

    @staticmethod
    def cube_derivative(x):
        return 3 * x**2


class Swish:
    def __call__(self, x):
        return x * sigmoid(x)

    def gradient(self, x):
        return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))


class SquaredError:
    def loss(self, y, y_pred):
        return 0.5 * np.power(y - y_pred, 2)

    def gradient(self, y, y_pred):
        return -(y - y_pred)


class SoftmaxWithLoss:
    """forward(x, t), backward(dout=1) from what it kept."""

    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return -np.sum(t * np.log(self.y)) / len(x)

    def backward(self, dout=1):
        return (self.y - self.t) * dout / len(self.t)


def bce(y_true, y_pred):
    return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))


def bce_prime(y_true, y_pred):
    return ((1 - y_true) / (1 - y_pred) - y_true / y_pred) / np.size(y_true)


def huber_loss(pred, target, delta=1.0):
    e = pred - target
    return np.sum(np.where(abs(e) <= delta, e * e / 2, delta * (abs(e) - delta / 2)))


def huber_loss_grad(pred, target, delta=1.0):
    return np.clip(pred - target, -delta, delta)


def mystery_derivative(x):
    """No function of it is in the file."""
    return x
