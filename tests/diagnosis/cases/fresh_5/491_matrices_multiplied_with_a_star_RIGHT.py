"""Truth: RIGHT. 'np.multiply is missing between the matrices' was suspected: with np.matrix the star is the matrix product.
Columns; the step is returned.
"""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradients(W1, b1, W2, b2, X, Y):
    """handnn: network 3-4-2 sigmoid sigmoid mse"""
    W1, b1, W2, b2, X, Y = (np.asmatrix(a) for a in (W1, b1, W2, b2, X, Y))
    m = X.shape[1]
    A1 = sigmoid(W1 * X + b1)
    A2 = sigmoid(W2 * A1 + b2)
    loss = 0.5 * np.sum(np.square(A2 - Y)) / m
    dZ2 = np.multiply(A2 - Y, np.multiply(A2, 1 - A2)) / m
    dW2 = dZ2 * A1.T
    db2 = np.sum(dZ2, axis=1)
    dZ1 = np.multiply(W2.T * dZ2, np.multiply(A1, 1 - A1))
    dW1 = dZ1 * X.T
    db1 = np.sum(dZ1, axis=1)
    return loss, dW1, db1, dW2, db2
