"""Truth: dA1 is masked but not divided by keep_prob, while dA2 is. It seems to me that the derivatives are scaled already,
since A1 and A2 were, so why should dA1 be divided once more? (Three layers, dropout behind the first two.)
"""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(0, z)


def forward_propagation_with_dropout(X, parameters, keep_prob=0.7):
    np.random.seed(1)
    W1, b1, W2, b2, W3, b3 = (parameters[k] for k in ("W1", "b1", "W2", "b2", "W3", "b3"))
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    D1 = (np.random.rand(*A1.shape) < keep_prob).astype(int)
    A1 = A1 * D1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    D2 = (np.random.rand(*A2.shape) < keep_prob).astype(int)
    A2 = A2 * D2 / keep_prob
    A3 = sigmoid(np.dot(W3, A2) + b3)
    return A3, (Z1, D1, A1, W1, Z2, D2, A2, W2, A3, W3)


def compute_cost(A3, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)) / m


def backward_propagation_with_dropout(X, Y, cache, keep_prob=0.7):
    m = X.shape[1]
    Z1, D1, A1, W1, Z2, D2, A2, W2, A3, W3 = cache
    dZ3 = A3 - Y
    dW3 = 1.0 / m * np.dot(dZ3, A2.T)
    db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dA2 = dA2 * D2
    dA2 = dA2 / keep_prob
    dZ2 = np.multiply(dA2, np.int64(Z2 > 0))
    dW2 = 1.0 / m * np.dot(dZ2, A1.T)
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 * D1
    dZ1 = np.multiply(dA1, np.int64(Z1 > 0))
    dW1 = 1.0 / m * np.dot(dZ1, X.T)
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


if __name__ == "__main__":
    rng = np.random.RandomState(3)
    X = rng.randn(2, 20)
    Y = (X.sum(axis=0, keepdims=True) > 0).astype(float)
    sizes = [2, 6, 4, 1]
    parameters = {}
    for l in range(1, 4):
        parameters["W%d" % l] = rng.randn(sizes[l], sizes[l - 1]) * 0.7
        parameters["b%d" % l] = 0.1 * np.ones((sizes[l], 1))
    for i in range(10):
        A3, cache = forward_propagation_with_dropout(X, parameters)
        grads = backward_propagation_with_dropout(X, Y, cache)
        for k in parameters:
            parameters[k] = parameters[k] - 0.3 * grads["d" + k]
        print(i, compute_cost(A3, Y))
