"""Columns as samples: A is (size of layer, number of examples), W is (n, n_prev), b is (n, 1). From forum notes.

Verdict: other convention.
"""

import numpy as np


def loss_and_gradients(parameters, X, Y):
    """handnn: network 4-5-3-2 relu sigmoid binary_crossentropy, samples=columns, kernel=units_inputs, bias=column"""
    m, A, Z = X.shape[1], [X], []
    for layer in (1, 2, 3):
        Z.append(parameters[f"W{layer}"] @ A[-1] + parameters[f"b{layer}"])
        A.append(np.maximum(0, Z[-1]) if layer < 3 else 1 / (1 + np.exp(-Z[-1])))
    cost = -np.sum(Y * np.log(A[3]) + (1 - Y) * np.log(1 - A[3])) / m

    gradients, dZ = {}, A[3] - Y
    for layer in (3, 2, 1):
        gradients[f"dW{layer}"] = dZ @ A[layer - 1].T / m
        gradients[f"db{layer}"] = dZ.sum(axis=1, keepdims=True) / m
        if layer > 1:
            dZ = (parameters[f"W{layer}"].T @ dZ) * (Z[layer - 2] > 0)
    return cost, gradients
