"""Truth: right. A network of any depth for regression, examples in columns, leaky relu and a linear output, in functions with caches."""
import numpy as np


def leaky_relu(Z, slope=0.01):
    return np.where(Z > 0, Z, slope * Z)


def d_leaky_relu(Z, slope=0.01):
    return np.where(Z > 0, 1.0, slope)


def init_params(layer_sizes, seed=3):
    rng = np.random.default_rng(seed)
    params = {}
    for l in range(1, len(layer_sizes)):
        params[f"W{l}"] = rng.standard_normal((layer_sizes[l], layer_sizes[l - 1])) * np.sqrt(2 / layer_sizes[l - 1])
        params[f"b{l}"] = np.zeros((layer_sizes[l], 1))
    return params


def forward_propagate(X, params):
    L = len(params) // 2
    caches = {"A0": X}
    A = X
    for l in range(1, L + 1):
        Z = params[f"W{l}"] @ A + params[f"b{l}"]
        A = leaky_relu(Z) if l < L else Z
        caches[f"Z{l}"] = Z
        caches[f"A{l}"] = A
    return A, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    return np.sum((AL - Y) ** 2) / m


def back_propagate(Y, params, caches):
    L = len(params) // 2
    m = Y.shape[1]
    grads = {}
    dA = 2 * (caches[f"A{L}"] - Y) / m
    for l in range(L, 0, -1):
        dZ = dA if l == L else dA * d_leaky_relu(caches[f"Z{l}"])
        grads[f"dW{l}"] = dZ @ caches[f"A{l - 1}"].T
        grads[f"db{l}"] = np.sum(dZ, axis=1, keepdims=True)
        dA = params[f"W{l}"].T @ dZ
    return grads


def update(params, grads, learning_rate):
    for l in range(1, len(params) // 2 + 1):
        params[f"W{l}"] = params[f"W{l}"] - learning_rate * grads[f"dW{l}"]
        params[f"b{l}"] = params[f"b{l}"] - learning_rate * grads[f"db{l}"]
    return params


def train(X, Y, layer_sizes, learning_rate=0.02, iterations=500):
    params = init_params(layer_sizes)
    for i in range(iterations):
        AL, caches = forward_propagate(X, params)
        if i % 100 == 0:
            print(f"cost after {i}: {compute_cost(AL, Y):.5f}")
        params = update(params, back_propagate(Y, params, caches), learning_rate)
    return params


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (3, 40))
    Y = (X[0] * X[1] + np.abs(X[2]))[None, :]
    train(X, Y, [3, 12, 6, 1])
