"""Truth: dZ1 is divided by m already, then dW1 and db1 once more. The grader says that dW2 and db2 match and that dW1 and
db1 have wrong values, while every equation is as in the lecture. Where could it come from?
"""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    return {
        "W1": np.random.randn(n_h, n_x) * 0.01,
        "b1": np.zeros((n_h, 1)),
        "W2": np.random.randn(n_y, n_h) * 0.01,
        "b2": np.zeros((n_y, 1)),
    }


def propagate(parameters, X, Y):
    """handnn: network 2-4-1 tanh sigmoid binary_crossentropy, samples=columns"""
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    m = X.shape[1]

    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    cost = -np.sum(logprobs) / m

    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = 1 / m * np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return cost, {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, grads, learning_rate=1.2):
    return {k: parameters[k] - learning_rate * grads["d" + k] for k in parameters}


if __name__ == "__main__":
    np.random.seed(1)
    X = np.random.randn(2, 60)
    Y = (X[:1] * X[1:] > 0).astype(float)
    parameters = initialize_parameters(2, 4, 1)
    for i in range(300):
        cost, grads = propagate(parameters, X, Y)
        parameters = update_parameters(parameters, grads)
        if i % 100 == 0:
            print("Cost after iteration %i: %f" % (i, cost))
