"""Truth: the mask of the dropout is divided by keep_prob on the way up (inverted dropout), but the gradient is multiplied by the mask
only: dA has to be divided by keep_prob as well. Parameters in a dictionary, one column for each customer.
"""
import numpy as np


def initialize_parameters(layer_dims, seed=1):
    rs = np.random.RandomState(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = rs.randn(layer_dims[l], layer_dims[l - 1]) * np.sqrt(2.0 / layer_dims[l - 1])
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def propagate_up(X, parameters, masks, keep_prob):
    L = len(parameters) // 2
    cache = {"A0": X}
    A = X
    for l in range(1, L):
        Z = np.dot(parameters["W%d" % l], A) + parameters["b%d" % l]
        A = np.maximum(Z, 0)
        A = A * masks[l - 1]
        A = A / keep_prob
        cache["Z%d" % l], cache["A%d" % l] = Z, A
    ZL = np.dot(parameters["W%d" % L], A) + parameters["b%d" % L]
    AL = 1 / (1 + np.exp(-ZL))
    return AL, cache


def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m


def propagate_down(AL, Y, cache, parameters, masks, keep_prob):
    L = len(parameters) // 2
    m = Y.shape[1]
    grads = {}
    dZ = AL - Y
    for l in reversed(range(1, L + 1)):
        grads["dW%d" % l] = np.dot(dZ, cache["A%d" % (l - 1)].T) / m
        grads["db%d" % l] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dA = np.dot(parameters["W%d" % l].T, dZ)
            dA = dA * masks[l - 2]
            dZ = dA * (cache["Z%d" % (l - 1)] > 0)
    return grads


def update_parameters(parameters, grads, learning_rate):
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * grads["d" + key]
    return parameters


if __name__ == "__main__":
    rs = np.random.RandomState(7)
    X = rs.randn(5, 120)
    Y = (X[:1] * X[1:2] + X[2:3] > 0).astype(float)
    dims = [5, 12, 6, 1]
    keep_prob = 0.8
    parameters = initialize_parameters(dims)
    for i in range(300):
        masks = [(rs.rand(n, X.shape[1]) < keep_prob).astype(float) for n in dims[1:-1]]
        AL, cache = propagate_up(X, parameters, masks, keep_prob)
        grads = propagate_down(AL, Y, cache, parameters, masks, keep_prob)
        parameters = update_parameters(parameters, grads, 0.3)
        if i % 100 == 0:
            print("cost after %d: %f" % (i, compute_cost(AL, Y)))
