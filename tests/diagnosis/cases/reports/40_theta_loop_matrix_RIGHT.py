"""Truth: RIGHT. Gradients of the cross-entropy with sigmoid outputs, bias folded in as first column, a loop over
the columns of X with np.matrix; the loop over iterations ran once only. No loss in the post.
"""
import numpy as np


def sigmoid(theta, x):
    return 1 / (1 + np.exp(-(theta @ x)))


def gradients(thetas, x, y):
    """handnn: network 4-5-3 sigmoid sigmoid binary_crossentropy"""
    theta_1, theta_2 = (np.matrix(t) for t in thetas)
    x, y = np.matrix(x), np.matrix(y)
    m = x.shape[1]
    x = np.concatenate((np.ones((1, m)), x))  # the post's x has the row of ones already
    all_delta_1, all_delta_2 = 0, 0
    for t in range(m):
        hidden = np.matrix(np.concatenate((np.ones((1, 1)), sigmoid(theta_1, x[:, t]))))
        output = sigmoid(theta_2, hidden)
        delta_3 = output - y[:, t]
        delta_2 = np.multiply(theta_2.T * delta_3, np.multiply(hidden, 1 - hidden))
        all_delta_2 += delta_3 * hidden.T
        all_delta_1 += delta_2[1:] * x[:, t].T
    return [all_delta_1 / m, all_delta_2 / m]
