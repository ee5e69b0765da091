"""Truth: two mistakes of one kind: the slope is taken at the activation, which is put through the sigmoid a second
time, at the output (s2, should be pred_y (1 - pred_y)) and in the hidden layer (sigmoid_(out1), should be
out1 (1 - out1)). One sample as a column; the parameters come back updated.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-1 * x))


def sigmoid_(x):
    return [[sigmoid(x[i][j]) * (1 - sigmoid(x[i][j])) for j in range(len(x[i]))] for i in range(len(x))]


def bp(params, X, Y, alpha=0.05):
    """handnn: network 2-3-1 sigmoid sigmoid mse"""
    W1, b1, W2, b2 = params
    out1 = sigmoid(np.dot(W1, X) + b1)
    pred_y = sigmoid(np.dot(W2, out1) + b2)
    err = Y - pred_y
    # back propagation
    s2 = -2 * sigmoid(pred_y) * (1 - sigmoid(pred_y)) * err
    temp = np.array(sigmoid_(out1))
    temp2 = np.diag(temp[:, 0])
    s1 = np.dot(temp2, W2.T) * s2
    W2 = W2 - alpha * s2 * np.transpose(out1)
    b2 = b2 - alpha * s2
    W1 = W1 - alpha * np.dot(s1, np.transpose(X))
    b1 = b1 - alpha * s1
    return W1, b1, W2, b2
