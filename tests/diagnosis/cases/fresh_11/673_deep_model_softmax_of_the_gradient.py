"""Truth: softmax_backward takes the softmax of the gradient dA that comes in; that of Z belongs there (Z is handed in and never used). One
image as a column, caches in two lists.
"""
import numpy as np


def initialize_parameters(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.5
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def relu(z):
    return np.maximum(0, z), z


def softmax(z):
    exps = np.exp(z - z.max())
    return exps / np.sum(exps), z


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def softmax_backward(dA, Z):
    x, _ = softmax(dA)
    s = x.reshape(-1, 1)
    return np.dot(np.diagflat(s) - np.dot(s, s.T), dA)


def L_model_forward(X, parameters):
    linCaches, zCaches = [], []
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        linCaches.append((A, W, b))
        A, Z = (relu if l < L else softmax)(np.dot(W, A) + b)
        zCaches.append(Z)
    return A, linCaches, zCaches


def compute_cost(AL, y):
    return -np.sum(y * np.log(AL))


def linear_backward(dZ, linCache):
    A_prev, W, b = linCache
    dW = np.dot(dZ, A_prev.T)
    db = np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def L_model_backward(AL, y, linCaches, zCaches):
    grads = {}
    L = len(linCaches)
    dA = -np.divide(y, AL)
    for l in reversed(range(L)):
        dZ = softmax_backward(dA, zCaches[l]) if l == L - 1 else relu_backward(dA, zCaches[l])
        dA, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_backward(dZ, linCaches[l])
    return grads


def update_parameters(parameters, grads, learning_rate):
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * grads["d" + key]
    return parameters


if __name__ == "__main__":
    np.random.seed(3)
    parameters = initialize_parameters([6, 5, 4])
    x, y = np.random.rand(6, 1), np.array([[0.0], [0.0], [1.0], [0.0]])
    for i in range(100):
        AL, linCaches, zCaches = L_model_forward(x, parameters)
        grads = L_model_backward(AL, y, linCaches, zCaches)
        parameters = update_parameters(parameters, grads, 0.05)
    print(compute_cost(AL, y))
