"""Truth: the hidden delta is made of the output's error, not of what comes down through w_1; the shapes agree all the
same, 1 x 1 against 2 x 1. My error never goes to 0: does the derivative of the sigmoid make it too small?
"""
import numpy as np

X = np.array([[0, 1], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0, 0, 1, 1]]).T

np.random.seed(1)
w_0 = 2 * np.random.rand(2, 2) - 1
w_1 = 2 * np.random.rand(1, 2) - 1
lr = 0.1


def sigmoid(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def network(x, y, w_0, w_1):
    inputs = np.array(x, ndmin=2).T
    label = np.array(y, ndmin=2).T

    # forward
    hidden = sigmoid(np.dot(w_0, inputs))
    output = sigmoid(np.dot(w_1, hidden))

    # error and deltas
    error = label - output
    loss = 0.5 * np.sum(error ** 2)
    delta = error * sigmoid(output, True)
    hidden_error = np.dot(w_1.T, delta)
    delta_hidden = error * sigmoid(hidden, True)

    # new weights
    w_1 = w_1 + np.dot(delta, hidden.T) * lr
    w_0 = w_0 + np.dot(delta_hidden, inputs.T) * lr
    return loss, w_0, w_1


if __name__ == "__main__":
    for i in range(2000):
        for j in range(X.shape[0]):
            loss, w_0, w_1 = network(X[j], Y[j], w_0, w_1)
        if i % 500 == 0:
            print(loss)
