"""Truth: RIGHT. The course's logistic regression: w is (n, 1), A = sigmoid(w.T X + b), dw = X (A - Y).T / m, db
= sum(A - Y) / m, a number.
"""
import numpy as np


def propagate(parameters, X, Y):
    """handnn: network 3-1 sigmoid binary_crossentropy"""
    w, b = parameters
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(w.T @ X + b)))
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return cost, [X @ (A - Y).T / m, np.sum(A - Y) / m]


def by_name(parameters, X, Y):
    """handnn: network 3-1 sigmoid binary_crossentropy, samples=columns"""
    w, b = parameters["W1"], parameters["b1"]
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = np.squeeze(-np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m)
    return cost, {"dw": np.dot(X, (A - Y).T) / m, "db": np.sum(A - Y) / m}
