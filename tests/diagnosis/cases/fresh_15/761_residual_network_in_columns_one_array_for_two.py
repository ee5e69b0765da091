"""Truth: one mistake, of the kind where two names stand for one array and the one is changed by way of the other. A network of residual
blocks for the yield of a process, an example in each column, parameters in a dictionary.
"""
import numpy as np


def init_params(n_x, n_h, n_y, blocks, seed=4):
    np.random.seed(seed)
    params = {"W_in": np.random.randn(n_h, n_x) / np.sqrt(n_x), "b_in": np.zeros((n_h, 1))}
    for k in range(blocks):
        params["W%d" % k] = np.random.randn(n_h, n_h) * np.sqrt(2 / n_h)
        params["b%d" % k] = np.zeros((n_h, 1))
    params["W_out"] = np.random.randn(n_y, n_h) / np.sqrt(n_h)
    params["b_out"] = np.zeros((n_y, 1))
    return params


def forward(X, params, blocks):
    A = np.tanh(np.dot(params["W_in"], X) + params["b_in"])
    cache = {"X": X, "A_first": A}
    for k in range(blocks):
        Z = np.dot(params["W%d" % k], A) + params["b%d" % k]
        cache["A%d" % k], cache["Z%d" % k] = A, Z
        A = A + np.maximum(0, Z)  # identity shortcut
    cache["A_last"] = A
    Y_hat = np.dot(params["W_out"], A) + params["b_out"]
    return Y_hat, cache


def cost(Y_hat, Y):
    m = Y.shape[1]
    return np.sum(np.square(Y_hat - Y)) / (2 * m)


def backward(Y_hat, Y, params, cache, blocks):
    m = Y.shape[1]
    grads = {}
    dY = (Y_hat - Y) / m
    grads["W_out"] = np.dot(dY, cache["A_last"].T)
    grads["b_out"] = np.sum(dY, axis=1, keepdims=True)
    dA = np.dot(params["W_out"].T, dY)
    for k in reversed(range(blocks)):
        shortcut = dA
        dA *= cache["Z%d" % k] > 0
        grads["W%d" % k] = np.dot(dA, cache["A%d" % k].T)
        grads["b%d" % k] = np.sum(dA, axis=1, keepdims=True)
        dA = np.dot(params["W%d" % k].T, dA) + shortcut
    dZ = dA * (1 - np.power(cache["A_first"], 2))
    grads["W_in"] = np.dot(dZ, cache["X"].T)
    grads["b_in"] = np.sum(dZ, axis=1, keepdims=True)
    return grads


if __name__ == "__main__":
    X = np.random.RandomState(1).randn(4, 80)
    Y = np.sin(X[:1]) + X[1:2] * X[2:3]
    blocks = 3
    params = init_params(4, 10, 1, blocks)
    for i in range(301):
        Y_hat, cache = forward(X, params, blocks)
        grads = backward(Y_hat, Y, params, cache, blocks)
        for key in params:
            params[key] = params[key] - 0.02 * grads[key]
        if i % 100 == 0:
            print("Cost after iteration %i: %f" % (i, cost(Y_hat, Y)))
