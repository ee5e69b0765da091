"""Any number of layers in loops, relu and softmax, rows, parameters in a list."""

import numpy as np


def relu(z):
    return np.maximum(0, z)


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def loss_and_gradients(params, x, y):
    n = len(x)
    weights, biases = params[::2], params[1::2]
    L = len(weights)
    caches = []
    a = x
    for l in range(L):
        z = a @ weights[l] + biases[l]
        caches.append((a, z))
        a = relu(z) if l < L - 1 else softmax(z)
    loss = -np.sum(y * np.log(a)) / n + 0.05 * sum(np.sum(w**2) for w in weights)
    grads = [None] * (2 * L)
    dz = (a - y) / n
    for l in reversed(range(L)):
        a_prev, z = caches[l]
        grads[2 * l] = a_prev.T @ dz + 0.1 * weights[l]
        grads[2 * l + 1] = dz.sum(axis=0)
        if l > 0:
            da = dz @ weights[l].T
            dz = relu_backward(da, caches[l - 1][1])
    return loss, grads


# ruff: noqa - written as people write
