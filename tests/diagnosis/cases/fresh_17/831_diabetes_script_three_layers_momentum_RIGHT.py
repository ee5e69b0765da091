"""Truth: RIGHT. A script without functions but two: a made-up table, tanh, rectifier and sigmoid, binary cross-entropy, batches, momentum,
all gradients before the first update.
"""
import numpy as np

np.random.seed(0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def bce(y, p):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# table: glucose, pressure, mass, age (already scaled)
N = 150
data = np.random.randn(N, 4)
outcome = (data[:, 0] + 0.5 * data[:, 2] * data[:, 3] > 0.2).astype(float).reshape(-1, 1)
X_train, y_train = data[:120], outcome[:120]
X_test, y_test = data[120:], outcome[120:]

W1 = np.random.randn(4, 10) * 0.5
b1 = np.zeros((1, 10))
W2 = np.random.randn(10, 8) * 0.5
b2 = np.zeros((1, 8))
W3 = np.random.randn(8, 1) * 0.5
b3 = np.zeros((1, 1))
vW1, vb1 = np.zeros_like(W1), np.zeros_like(b1)
vW2, vb2 = np.zeros_like(W2), np.zeros_like(b2)
vW3, vb3 = np.zeros_like(W3), np.zeros_like(b3)

alpha, beta, batch = 0.1, 0.9, 30

for epoch in range(60):
    perm = np.random.permutation(len(X_train))
    for s in range(0, len(X_train), batch):
        x = X_train[perm[s:s + batch]]
        y = y_train[perm[s:s + batch]]
        m = len(x)

        # forward
        z1 = x @ W1 + b1
        a1 = np.tanh(z1)
        z2 = a1 @ W2 + b2
        a2 = np.maximum(z2, 0)
        z3 = a2 @ W3 + b3
        y_hat = sigmoid(z3)
        loss = bce(y, y_hat)

        # backward
        dz3 = (y_hat - y) / m
        dW3 = a2.T @ dz3
        db3 = dz3.sum(axis=0, keepdims=True)
        dz2 = dz3 @ W3.T
        dz2[z2 <= 0] = 0
        dW2 = a1.T @ dz2
        db2 = dz2.sum(axis=0, keepdims=True)
        dz1 = (dz2 @ W2.T) * (1 - a1 ** 2)
        dW1 = x.T @ dz1
        db1 = dz1.sum(axis=0, keepdims=True)

        # momentum
        vW1 = beta * vW1 + (1 - beta) * dW1
        vb1 = beta * vb1 + (1 - beta) * db1
        vW2 = beta * vW2 + (1 - beta) * dW2
        vb2 = beta * vb2 + (1 - beta) * db2
        vW3 = beta * vW3 + (1 - beta) * dW3
        vb3 = beta * vb3 + (1 - beta) * db3
        W1 -= alpha * vW1
        b1 -= alpha * vb1
        W2 -= alpha * vW2
        b2 -= alpha * vb2
        W3 -= alpha * vW3
        b3 -= alpha * vb3

    if epoch % 20 == 0:
        print("epoch", epoch, "loss", loss)

hidden = np.maximum(np.tanh(X_test @ W1 + b1) @ W2 + b2, 0)
prediction = sigmoid(hidden @ W3 + b3) > 0.5
print("test accuracy", np.mean(prediction == y_test))
