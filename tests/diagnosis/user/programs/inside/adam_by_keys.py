"""A deep network of dictionaries trained with Adam, everything in one function."""

import numpy as np


def train(X, Y, params, num_iterations=100, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    L = len(params) // 2
    v, s = {}, {}
    for l in range(1, L + 1):
        v["dW" + str(l)] = np.zeros(params["W" + str(l)].shape)
        v["db" + str(l)] = np.zeros(params["b" + str(l)].shape)
        s["dW" + str(l)] = np.zeros(params["W" + str(l)].shape)
        s["db" + str(l)] = np.zeros(params["b" + str(l)].shape)
    m = X.shape[1]
    costs = []
    for t in range(1, num_iterations + 1):
        Z1 = np.dot(params["W1"], X) + params["b1"]
        A1 = np.maximum(0, Z1)
        Z2 = np.dot(params["W2"], A1) + params["b2"]
        A2 = 1 / (1 + np.exp(-Z2))
        cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
        costs.append(cost)
        grads = {}
        dZ2 = A2 - Y
        grads["dW2"] = np.dot(dZ2, A1.T) / m
        grads["db2"] = np.sum(dZ2, axis=1, keepdims=True) / m
        dZ1 = np.dot(params["W2"].T, dZ2) * (Z1 > 0)
        grads["dW1"] = np.dot(dZ1, X.T) / m
        grads["db1"] = np.sum(dZ1, axis=1, keepdims=True) / m
        for l in range(1, L + 1):
            for p in ("W", "b"):
                key = "d" + p + str(l)
                v[key] = beta1 * v[key] + (1 - beta1) * grads[key]
                s[key] = beta2 * s[key] + (1 - beta2) * np.square(grads[key])
                v_corrected = v[key] / (1 - np.power(beta1, t))
                s_corrected = s[key] / (1 - np.power(beta2, t))
                params[p + str(l)] -= learning_rate * v_corrected / (np.sqrt(s_corrected) + epsilon)
    return params, cost
