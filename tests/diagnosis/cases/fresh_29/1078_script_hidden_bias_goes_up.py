"""Truth: the error is target - output, so everything must be added; the hidden bias is taken off instead. A regression without
functions, as in the tutorial, to which I added biases. Since the biases the result is worse than without, why?
"""
import numpy as np

np.random.seed(4)
X = np.random.uniform(-1, 1, (30, 3))
y = (0.5 * X[:, [0]] - X[:, [1]] * X[:, [2]] + 0.2)

w_hidden = np.random.normal(0, 0.5, (3, 6))
b_hidden = np.zeros((1, 6))
w_out = np.random.normal(0, 0.5, (6, 1))
b_out = np.zeros((1, 1))
lr = 0.05

for epoch in range(400):
    # forward
    hidden = np.tanh(X @ w_hidden + b_hidden)
    output = hidden @ w_out + b_out
    error = y - output
    loss = 0.5 * np.mean(np.sum(error ** 2, axis=1))

    # backward
    d_output = error / len(X)
    d_hidden = (d_output @ w_out.T) * (1 - hidden ** 2)

    w_out += lr * hidden.T @ d_output
    b_out += lr * np.sum(d_output, axis=0, keepdims=True)
    w_hidden += lr * X.T @ d_hidden
    b_hidden -= lr * np.sum(d_hidden, axis=0, keepdims=True)

    if epoch % 100 == 0:
        print(epoch, loss)
