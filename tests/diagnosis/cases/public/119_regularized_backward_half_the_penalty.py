"""Truth: the cost adds reg * (|W1|^2 + |W2|^2), without a half; its gradient is 2 reg W, not reg W. Both lines of
backward_prop_regularized are meant. The unregularized backward pass below it is right. Softmax, mean over the batch.
"""
import numpy as np


def forward_prop(data, labels, params):
    z1 = data.dot(params["W1"]) + params["b1"]
    h = 1 / (1 + np.exp(-z1))
    z2 = h.dot(params["W2"]) + params["b2"]
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    cost = -np.sum(labels * np.log(y)) / len(labels)
    return h, y, cost


def forward_prop_regularized(data, labels, params, reg=0.01):
    h, y, cost = forward_prop(data, labels, params)
    return h, y, cost + reg * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))


def backward_prop(data, labels, params, forward_prop_func):
    h, y, cost = forward_prop_func(data, labels, params)
    delta2 = (y - labels) / len(labels)
    delta1 = delta2.dot(params["W2"].T) * h * (1 - h)
    return {"W1": data.T.dot(delta1), "b1": delta1.sum(axis=0), "W2": h.T.dot(delta2), "b2": delta2.sum(axis=0)}


def backward_prop_regularized(data, labels, params, forward_prop_func=forward_prop_regularized, reg=0.01):
    grad = backward_prop(data, labels, params, forward_prop_func)
    grad["W1"] += reg * params["W1"]
    grad["W2"] += reg * params["W2"]
    return grad
