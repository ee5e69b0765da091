"""Truth: the mask of the dropout on the way back. Three layers as functions, inverted dropout behind both hidden layers, columns."""
import numpy as np


def relu(z):
    return np.maximum(0, z)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_with_dropout(X, parameters, keep_prob, rng):
    W1, b1, W2, b2, W3, b3 = parameters
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    D1 = (rng.random(A1.shape) < keep_prob).astype(int)
    A1 = A1 * D1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    D2 = (rng.random(A2.shape) < keep_prob).astype(int)
    A2 = A2 * D2 / keep_prob
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    return A3, (Z1, D1, A1, Z2, D2, A2)


def backward_with_dropout(X, Y, A3, parameters, cache, keep_prob):
    m = X.shape[1]
    W1, b1, W2, b2, W3, b3 = parameters
    Z1, D1, A1, Z2, D2, A2 = cache
    dZ3 = A3 - Y
    dW3 = 1. / m * np.dot(dZ3, A2.T)
    db3 = 1. / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dA2 = dA2 * D2
    dA2 = dA2 / keep_prob
    dZ2 = dA2 * (Z2 > 0)
    dW2 = 1. / m * np.dot(dZ2, A1.T)
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 / keep_prob
    dZ1 = dA1 * (Z1 > 0)
    dW1 = 1. / m * np.dot(dZ1, X.T)
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)
    return [dW1, db1, dW2, db2, dW3, db3]


def cost(A3, Y):
    return -np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))


def init(sizes, rng):
    parameters = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        parameters += [rng.standard_normal((b, a)) * np.sqrt(2 / a), np.zeros((b, 1))]
    return parameters


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    X = rng.standard_normal((2, 211))
    Y = (X[:1] * X[1:] + 0.3 * rng.standard_normal((1, 211)) > 0).astype(float)
    parameters = init([2, 20, 6, 1], rng)
    for i in range(1001):
        A3, cache = forward_with_dropout(X, parameters, 0.86, rng)
        grads = backward_with_dropout(X, Y, A3, parameters, cache, 0.86)
        parameters = [p - 0.3 * g for p, g in zip(parameters, grads)]
        if i % 250 == 0:
            print("Cost after iteration", i, ":", cost(A3, Y))
