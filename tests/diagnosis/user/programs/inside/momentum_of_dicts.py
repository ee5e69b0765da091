import numpy as np


def optimize(X, Y, parameters, learning_rate=0.1, beta=0.9, num_iterations=500):
    """Gradient descent with momentum; samples in columns."""
    m = X.shape[1]
    v = {}
    for l in range(1, 3):
        v["dW" + str(l)] = np.zeros_like(parameters["W" + str(l)])
        v["db" + str(l)] = np.zeros_like(parameters["b" + str(l)])
    for i in range(num_iterations):
        Z1 = parameters["W1"] @ X + parameters["b1"]
        A1 = np.tanh(Z1)
        Z2 = parameters["W2"] @ A1 + parameters["b2"]
        A2 = 1 / (1 + np.exp(-Z2))
        cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
        grads = {}
        dZ2 = A2 - Y
        grads["dW2"] = dZ2 @ A1.T / m
        grads["db2"] = np.sum(dZ2, axis=1, keepdims=True) / m
        dZ1 = parameters["W2"].T @ dZ2 * (1 - A1**2)
        grads["dW1"] = dZ1 @ X.T / m
        grads["db1"] = np.sum(dZ1, axis=1, keepdims=True) / m
        for l in range(1, 3):
            v["dW" + str(l)] = beta * v["dW" + str(l)] + (1 - beta) * grads["dW" + str(l)]
            v["db" + str(l)] = beta * v["db" + str(l)] + (1 - beta) * grads["db" + str(l)]
            parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * v["dW" + str(l)]
            parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * v["db" + str(l)]
    return parameters, cost
