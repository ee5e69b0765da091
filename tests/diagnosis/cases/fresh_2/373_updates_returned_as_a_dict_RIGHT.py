"""Truth: RIGHT. One step of gradient descent: the new parameters are returned, the gradients are not."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient_step(params, X, y, learning_rate=0.1):
    """handnn: network 4-3-1 tanh sigmoid binary_crossentropy"""
    m = X.shape[0]
    A1 = np.tanh(X @ params["W1"] + params["b1"])
    A2 = sigmoid(A1 @ params["W2"] + params["b2"])
    dZ2 = (A2 - y) / m
    dZ1 = dZ2 @ params["W2"].T * (1 - A1**2)
    new_params = {
        "W1": params["W1"] - learning_rate * X.T @ dZ1,
        "b1": params["b1"] - learning_rate * dZ1.sum(axis=0),
        "W2": params["W2"] - learning_rate * A1.T @ dZ2,
        "b2": params["b2"] - learning_rate * dZ2.sum(axis=0),
    }
    return new_params
