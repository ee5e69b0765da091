"""Column vectors and residuals: the notes 'Quick understanding of deep neural networks, activation functions, gradient
descent and backpropagation'.

a = f(W x + b), L = 1/2 sum (a - y)^2, delta = dL/dv with v the weighted input. The partial derivatives of a group of
samples are summed and averaged before W -= alpha dW, b -= alpha db.

Verdict: other convention (columns, W as (units, inputs), 1/2 in front, outputs summed).
"""

import numpy as np


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def gradients(parameters, x, y):
    """handnn: network 4-5-6-3 sigmoid sigmoid mse"""
    W = [parameters["W1"], parameters["W2"], parameters["W3"]]
    b = [parameters["b1"], parameters["b2"], parameters["b3"]]
    loss = 0.0
    dW, db = [np.zeros_like(w) for w in W], [np.zeros_like(v) for v in b]
    group = x.shape[1]
    for sample in range(group):
        a = [x[:, [sample]]]
        for k in range(3):
            a.append(sigmoid(W[k] @ a[k] + b[k]))
        loss += 0.5 * np.sum((a[3] - y[:, [sample]]) ** 2)

        delta = (a[3] - y[:, [sample]]) * a[3] * (1 - a[3])  # output layer: (a_i - y_i) f'(v_i)
        for k in (2, 1, 0):
            dW[k] += delta @ a[k].T
            db[k] += delta
            if k:
                delta = (W[k].T @ delta) * a[k] * (1 - a[k])  # (sum_j w_ji delta_j) f'(v_i)
    return loss / group, [dW[0] / group, db[0] / group, dW[1] / group, db[1] / group, dW[2] / group, db[2] / group]
