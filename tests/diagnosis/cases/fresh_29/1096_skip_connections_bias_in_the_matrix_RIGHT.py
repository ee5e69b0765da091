"""Truth: all is right. Every matrix has its bias as the last column, the hidden layers add their input to their output, and the way
back drops that column and adds the skip's part. Do I need the gradient of the row of ones, too? (No.)
"""
import numpy as np


def with_ones(a):
    return np.vstack([a, np.ones((1, a.shape[1]))])


def init_params(n_in, width, depth, n_out, seed=0):
    rng = np.random.default_rng(seed)
    params = {"W0": rng.normal(0, 0.5, (width, n_in + 1))}
    for k in range(1, depth + 1):
        params[f"W{k}"] = rng.normal(0, 0.4, (width, width + 1))
    params[f"W{depth + 1}"] = rng.normal(0, 0.5, (n_out, width + 1))
    return params


def forward(params, X):
    last = len(params) - 1
    cache = {"A0": X, "A1": params["W0"] @ with_ones(X)}
    for k in range(1, last):
        a = cache[f"A{k}"]
        cache[f"T{k}"] = np.tanh(params[f"W{k}"] @ with_ones(a))
        cache[f"A{k + 1}"] = a + cache[f"T{k}"]
    return params[f"W{last}"] @ with_ones(cache[f"A{last}"]), cache


def compute_cost(out, Y):
    return np.sum((out - Y) ** 2) / (2 * Y.shape[1])


def backward(params, cache, out, Y):
    last = len(params) - 1
    grads = {}
    d = (out - Y) / Y.shape[1]
    grads[f"W{last}"] = d @ with_ones(cache[f"A{last}"]).T
    d = params[f"W{last}"][:, :-1].T @ d
    for k in range(last - 1, 0, -1):
        dz = d * (1 - cache[f"T{k}"] ** 2)
        grads[f"W{k}"] = dz @ with_ones(cache[f"A{k}"]).T
        d = d + params[f"W{k}"][:, :-1].T @ dz
    grads["W0"] = d @ with_ones(cache["A0"]).T
    return grads


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    X = rng.uniform(-1, 1, (2, 25))
    Y = np.vstack([X[0] * X[1], np.sin(2 * X[0])])
    params = init_params(2, 5, 2, 2)
    for step in range(200):
        out, cache = forward(params, X)
        grads = backward(params, cache, out, Y)
        for name in params:
            params[name] -= 0.1 * grads[name]
        if step % 50 == 0:
            print(step, compute_cost(out, Y))
