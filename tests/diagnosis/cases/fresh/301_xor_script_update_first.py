"""Truth: the script updates W2 before it sends the error down through it."""
import numpy as np

np.random.seed(1)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
lr = 0.5


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


W1 = np.random.uniform(-1, 1, (3, 4))
b1 = np.zeros((1, 4))
W2 = np.random.uniform(-1, 1, (4, 1))
b2 = np.zeros((1, 1))

for epoch in range(3):
    hidden = sigmoid(X.dot(W1) + b1)
    out = sigmoid(hidden.dot(W2) + b2)
    loss = 0.5 * np.sum((out - Y) ** 2)

    d_out = (out - Y) * out * (1 - out)
    W2 -= lr * hidden.T.dot(d_out)
    b2 -= lr * d_out.sum(axis=0, keepdims=True)
    d_hidden = d_out.dot(W2.T) * hidden * (1 - hidden)
    W1 -= lr * X.T.dot(d_hidden)
    b1 -= lr * d_hidden.sum(axis=0, keepdims=True)
