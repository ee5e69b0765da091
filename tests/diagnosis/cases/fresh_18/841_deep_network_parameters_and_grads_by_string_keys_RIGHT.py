"""Truth: RIGHT. A network of any depth, parameters and gradients in dictionaries, relu inside and a sigmoid at the end."""
import numpy as np


def initialize(dims, seed=2):
    rng = np.random.default_rng(seed)
    parameters = {}
    for l in range(1, len(dims)):
        parameters["W" + str(l)] = rng.standard_normal((dims[l], dims[l - 1])) * np.sqrt(2 / dims[l - 1])
        parameters["b" + str(l)] = np.zeros((dims[l], 1))
    return parameters


def forward(X, parameters):
    L = len(parameters) // 2
    cache = {"A0": X}
    A = X
    for l in range(1, L + 1):
        Z = parameters["W" + str(l)] @ A + parameters["b" + str(l)]
        A = 1 / (1 + np.exp(-Z)) if l == L else np.maximum(0, Z)
        cache["Z" + str(l)] = Z
        cache["A" + str(l)] = A
    return A, cache


def compute_cost(AL, Y):
    m = Y.shape[1]
    return float(-np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m)


def backward(AL, Y, parameters, cache):
    m = Y.shape[1]
    L = len(parameters) // 2
    grads = {}
    dZ = AL - Y
    for l in range(L, 0, -1):
        grads["dW" + str(l)] = dZ @ cache["A" + str(l - 1)].T / m
        grads["db" + str(l)] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dA = parameters["W" + str(l)].T @ dZ
            dZ = dA * (cache["Z" + str(l - 1)] > 0)
    return grads


def update(parameters, grads, learning_rate):
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * grads["d" + key]
    return parameters


def model(X, Y, dims, learning_rate=0.3, iterations=301):
    parameters = initialize(dims)
    for i in range(iterations):
        AL, cache = forward(X, parameters)
        grads = backward(AL, Y, parameters, cache)
        parameters = update(parameters, grads, learning_rate)
        if i % 100 == 0:
            print("Cost after iteration", i, compute_cost(AL, Y))
    return parameters


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (2, 200))
    Y = (np.sum(X ** 2, axis=0, keepdims=True) < 0.5).astype(float)
    parameters = model(X, Y, [2, 8, 5, 1])
    AL, _ = forward(X, parameters)
    print("train accuracy", np.mean((AL > 0.5) == Y))
