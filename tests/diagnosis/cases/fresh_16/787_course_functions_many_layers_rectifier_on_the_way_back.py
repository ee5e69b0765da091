"""Truth: one helper of the way back. Functions of a course: parameters and gradients in dictionaries, samples in columns, a list of
caches.
"""
import numpy as np


def make_parameters(layer_dims, seed=3):
    gen = np.random.RandomState(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = gen.randn(layer_dims[l], layer_dims[l - 1]) * np.sqrt(1.0 / layer_dims[l - 1])
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def deep_forward(X, parameters):
    L = len(parameters) // 2
    A, caches = X, []
    for l in range(1, L + 1):
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        Z = np.dot(W, A) + b
        caches.append((A, W, Z))
        A = sigmoid(Z) if l == L else np.maximum(0, Z)
    return A, caches


def binary_cost(AL, Y):
    m = Y.shape[1]
    log_likelihood = np.multiply(Y, np.log(AL)) + np.multiply(1 - Y, np.log(1 - AL))
    return float(-np.sum(log_likelihood) / m)


def through_relu(dA, Z):
    dZ = dA.copy()
    dZ[dA <= 0] = 0
    return dZ


def through_sigmoid(dA, Z):
    s = sigmoid(Z)
    return dA * s * (1 - s)


def through_linear(dZ, A_prev, W):
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def deep_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dA = (1 - Y) / (1 - AL) - Y / AL
    for l in range(L, 0, -1):
        A_prev, W, Z = caches[l - 1]
        if l == L:
            dZ = through_sigmoid(dA, Z)
        else:
            dZ = through_relu(dA, Z)
        dA, grads["dW" + str(l)], grads["db" + str(l)] = through_linear(dZ, A_prev, W)
    return grads


def train(X, Y, layer_dims, learning_rate=0.3, num_iterations=300):
    parameters = make_parameters(layer_dims)
    costs = []
    for i in range(num_iterations):
        AL, caches = deep_forward(X, parameters)
        grads = deep_backward(AL, Y, caches)
        for name in parameters:
            parameters[name] -= learning_rate * grads["d" + name]
        if i % 100 == 0:
            costs.append(binary_cost(AL, Y))
    return parameters, costs


if __name__ == "__main__":
    points = np.random.RandomState(0).randn(2, 60)
    quadrant = (points[:1] * points[1:] > 0).astype(float)
    print(train(points, quadrant, [2, 8, 4, 1])[1])
