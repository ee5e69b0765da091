"""Truth: relu_grad calls np.zeros(x), taking the values for a shape: it raises for floats (zeros_like is meant). The
derivative of the sigmoid beside it is right.
"""
import numpy as np


def relu(x):
    return np.maximum(0, x)


def relu_grad(x):
    grad = np.zeros(x)
    grad[x >= 0] = 1
    return grad


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_grad(x):
    return (1.0 - sigmoid(x)) * sigmoid(x)
