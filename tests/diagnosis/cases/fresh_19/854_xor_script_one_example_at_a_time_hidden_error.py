"""Truth: what the hidden layer's error is made of. A script for XOR, two hidden units, columns, one example at a time."""
import numpy as np

X = np.array([[0, 0],
              [0, 1],
              [1, 0],
              [1, 1]])
Y = np.array([[0, 1, 1, 0]]).T

np.random.seed(1)
w_0 = 2 * np.random.rand(4, 2) - 1
b_0 = np.zeros((4, 1))
w_1 = 2 * np.random.rand(1, 4) - 1
b_1 = np.zeros((1, 1))

lr = 0.5


# sigmoid, or its slope if x is already the output of a sigmoid
def sigmoid(x, deriv=False):
    if deriv == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


for epoch in range(3001):
    total = 0
    for j in range(X.shape[0]):
        inputs = np.array(X[j], ndmin=2).T
        label = np.array(Y[j], ndmin=2).T

        # forward pass
        hidden = sigmoid(np.dot(w_0, inputs) + b_0)
        output = sigmoid(np.dot(w_1, hidden) + b_1)

        # calculate error and delta
        error = label - output
        total += 0.5 * np.sum(error ** 2)
        delta = error * sigmoid(output, True)

        hidden_error = np.dot(w_1.T, delta)
        delta_hidden = error * sigmoid(hidden, True)

        # update weights
        w_1 += np.dot(delta, hidden.T) * lr
        b_1 += delta * lr
        w_0 += np.dot(delta_hidden, inputs.T) * lr
        b_0 += delta_hidden * lr

    if epoch % 1000 == 0:
        print(epoch, total)
