"""A script with Adam, every slot a variable of its own."""

import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
W1 = rng.normal(size=(4, 8)) * 0.5
b1 = np.zeros((1, 8))
W2 = rng.normal(size=(8, 1)) * 0.5
b2 = np.zeros((1, 1))
mW1, mb1, mW2, mb2 = np.zeros_like(W1), np.zeros_like(b1), np.zeros_like(W2), np.zeros_like(b2)
vW1, vb1, vW2, vb2 = np.zeros_like(W1), np.zeros_like(b1), np.zeros_like(W2), np.zeros_like(b2)
lr, beta1, beta2, eps = 0.01, 0.9, 0.999, 1e-8

for epoch in range(300):
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))

    dZ2 = (A2 - y) / len(X)
    dW2 = A1.T @ dZ2
    db2 = np.sum(dZ2, axis=0, keepdims=True)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    dW1 = X.T @ dZ1
    db1 = np.sum(dZ1, axis=0, keepdims=True)

    t = epoch + 1
    mW1 = beta1 * mW1 + (1 - beta1) * dW1
    vW1 = beta2 * vW1 + (1 - beta2) * dW1**2
    mb1 = beta1 * mb1 + (1 - beta1) * db1
    vb1 = beta2 * vb1 + (1 - beta2) * db1**2
    mW2 = beta1 * mW2 + (1 - beta1) * dW2
    vW2 = beta2 * vW2 + (1 - beta2) * dW2**2
    mb2 = beta1 * mb2 + (1 - beta1) * db2
    vb2 = beta2 * vb2 + (1 - beta2) * db2**2
    W1 -= lr * (mW1 / (1 - beta1**t)) / (np.sqrt(vW1 / (1 - beta2**t)) + eps)
    b1 -= lr * (mb1 / (1 - beta1**t)) / (np.sqrt(vb1 / (1 - beta2**t)) + eps)
    W2 -= lr * (mW2 / (1 - beta1**t)) / (np.sqrt(vW2 / (1 - beta2**t)) + eps)
    b2 -= lr * (mb2 / (1 - beta1**t)) / (np.sqrt(vb2 / (1 - beta2**t)) + eps)
