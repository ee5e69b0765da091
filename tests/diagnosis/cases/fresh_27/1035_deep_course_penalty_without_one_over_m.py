"""Truth: the cost has lambd / (2 m) times the squares of the weights, the gradients have lambd times the weights: without
1/m. My gradient check says 0.3 with lambd = 0.7 and 1e-8 with lambd = 0: what is wrong in the backward part?
"""
import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def initialize(layer_dims, seed=3):
    rng = np.random.default_rng(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters[f"W{l}"] = rng.standard_normal((layer_dims[l], layer_dims[l - 1])) / np.sqrt(layer_dims[l - 1])
        parameters[f"b{l}"] = 0.1 * rng.standard_normal((layer_dims[l], 1))
    return parameters


def cost_and_grads(parameters, X, Y, lambd=0.7):
    L = len(parameters) // 2
    m = X.shape[1]
    A = {0: X}
    Z = {}
    penalty = 0
    for l in range(1, L + 1):
        Z[l] = np.dot(parameters[f"W{l}"], A[l - 1]) + parameters[f"b{l}"]
        A[l] = sigmoid(Z[l]) if l == L else relu(Z[l])
        penalty += np.sum(np.square(parameters[f"W{l}"]))
    cost = -np.sum(Y * np.log(A[L]) + (1 - Y) * np.log(1 - A[L])) / m + lambd / (2 * m) * penalty

    grads = {}
    dZ = A[L] - Y
    for l in reversed(range(1, L + 1)):
        grads[f"dW{l}"] = 1. / m * np.dot(dZ, A[l - 1].T) + lambd * parameters[f"W{l}"]
        grads[f"db{l}"] = 1. / m * np.sum(dZ, axis=1, keepdims=True)
        if l > 1:
            dA = np.dot(parameters[f"W{l}"].T, dZ)
            dZ = np.multiply(dA, np.int64(A[l - 1] > 0))
    return cost, grads


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    X = rng.standard_normal((3, 6))
    Y = (rng.random((1, 6)) > 0.5).astype(float)
    parameters = initialize([3, 5, 4, 1])
    for i in range(50):
        cost, grads = cost_and_grads(parameters, X, Y)
        for name in parameters:
            parameters[name] -= 0.1 * grads["d" + name]
    print(cost)
