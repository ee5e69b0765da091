import numpy as np


def forward(x, params):
    a, caches = x, []
    count = len(params) // 2
    for i in range(1, count + 1):
        z = params["W" + str(i)] @ a + params["b" + str(i)]
        caches.append((a, z))
        a = 1 / (1 + np.exp(-z)) if i == count else np.maximum(0, z)
    return a, caches


def cost(al, y):
    return -np.mean(np.sum(y * np.log(al) + (1 - y) * np.log(1 - al), axis=0))


def backward(al, y, caches, params):
    grads = {}
    count = len(caches)
    m = y.shape[1]
    grads["dz" + str(count)] = (al - y) / m
    for i in reversed(range(1, count + 1)):
        a_prev, z = caches[i - 1]
        dz = grads["dz" + str(i)]
        grads["dW" + str(i)] = dz @ a_prev.T
        grads["db" + str(i)] = np.sum(dz, axis=1, keepdims=True)
        if i > 1:
            grads["dz" + str(i - 1)] = (params["W" + str(i)].T @ dz) * (caches[i - 2][1] > 0)
    return grads
