"""Truth: the matrix the error goes down through has been moved before. A script posted with the question why it does not get better
than 70 percent: data at the top, one loop at the bottom, squared errors of three sigmoid outputs.
"""
import numpy as np

np.random.seed(42)

# ---------------------------------------------------------------- data
centers = np.array([[5.0, 3.4, 1.5, 0.2],
                    [5.9, 2.8, 4.3, 1.3],
                    [6.6, 3.0, 5.6, 2.0]])
X = np.vstack([c + 0.3 * np.random.randn(20, 4) for c in centers])
X = (X - X.mean(axis=0)) / X.std(axis=0)
labels = np.repeat([0, 1, 2], 20)
y = np.zeros((60, 3))
for i in range(60):
    y[i, labels[i]] = 1

# ---------------------------------------------------------------- settings
hiddenLayer = 6
lr = 0.02
epochs = 400


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_der(s):
    # s is already the sigmoid
    return s * (1.0 - s)


wh = np.random.uniform(-1, 1, size=(4, hiddenLayer))
bh = np.random.uniform(-1, 1, size=(1, hiddenLayer))
wo = np.random.uniform(-1, 1, size=(hiddenLayer, 3))
bo = np.random.uniform(-1, 1, size=(1, 3))

losses = []
for epoch in range(epochs):
    # feed forward
    hidden_in = np.dot(X, wh) + bh
    hidden_out = sigmoid(hidden_in)
    output_in = np.dot(hidden_out, wo) + bo
    output = sigmoid(output_in)

    # loss
    error = output - y
    loss = 0.5 * np.sum(error ** 2)
    losses.append(loss)

    # back propagation, last layer
    d_output = error * sigmoid_der(output)
    wo -= lr * np.dot(hidden_out.T, d_output)
    bo -= lr * np.sum(d_output, axis=0, keepdims=True)

    # hidden layer
    error_hidden = np.dot(d_output, wo.T)
    d_hidden = error_hidden * sigmoid_der(hidden_out)
    wh -= lr * np.dot(X.T, d_hidden)
    bh -= lr * np.sum(d_hidden, axis=0, keepdims=True)

    if epoch % 100 == 0:
        acc = np.mean(np.argmax(output, axis=1) == labels)
        print("epoch", epoch, "loss", round(loss, 4), "accuracy", acc)

print("first and last loss:", losses[0], losses[-1])
