"""Truth: two mistakes. The gradient that comes down to the hidden layer is itself put through relu; it must be
masked where h is 0. And the bias gradients are sums of the WEIGHT gradients' rows (delta times input); the deltas
themselves must be summed. Columns; loss: cross-entropy of softmax(z), mean over the batch.
"""
import numpy as np


def relu(z):
    return np.maximum(z, 0)


def softmax(z):
    e_z = np.exp(z - z.max(axis=0))
    return e_z / np.sum(e_z, axis=0)


def forward_prop(x, W1, W2, b1, b2):
    h = relu(np.dot(W1, x) + b1)
    z = np.dot(W2, h) + b2
    return z, h


def compute_cost(y, yhat, batch_size):
    return -np.sum(y * np.log(yhat)) / batch_size


def back_prop(x, yhat, y, h, W1, W2, b1, b2, batch_size):
    """handnn: network 6-4-6 relu softmax categorical_crossentropy"""
    l1 = np.dot(W2.T, (yhat - y))
    l1 = relu(l1)
    grad_W1 = (1 / batch_size) * np.dot(l1, x.T)
    grad_W2 = (1 / batch_size) * np.dot(yhat - y, h.T)
    grad_b1 = np.sum((1 / batch_size) * np.dot(l1, x.T), axis=1, keepdims=True)
    grad_b2 = np.sum((1 / batch_size) * np.dot(yhat - y, h.T), axis=1, keepdims=True)
    return grad_W1, grad_W2, grad_b1, grad_b2
