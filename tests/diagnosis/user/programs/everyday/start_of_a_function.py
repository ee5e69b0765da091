"""The weights begin as what a function returns; another one moves all of them at once."""

import numpy as np


def initialize(n):
    w = np.zeros((n, 1))
    b = 0.0
    return w, b


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost(A, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m


def gradients(A, X, Y):
    m = X.shape[1]
    dw = np.dot(X, (A - Y).T) / m
    db = np.sum(A - Y) / m
    return dw, db


def minimize(w, b, dw, db, lr):
    w = w - lr * dw
    b = b - lr * db
    return w, b


def train(X, Y, iterations=1000, lr=0.1):
    w, b = initialize(X.shape[0])
    for i in range(iterations):
        A = sigmoid(np.dot(w.T, X) + b)
        J = cost(A, Y)
        dw, db = gradients(A, X, Y)
        w, b = minimize(w, b, dw, db, lr)
    return w, b
