"""A loop of a script that writes its loss down after the step, on a forward pass made anew."""

import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(50, 2))
y = X @ np.array([1.5, -2.0]) + 0.3
w = np.zeros(2)
b = 0.0
lr = 0.1
history = []
for epoch in range(200):
    pred = X @ w + b
    err = pred - y
    dw = 2 * X.T @ err / len(X)
    db = 2 * err.mean()
    w -= lr * dw
    b -= lr * db
    pred = X @ w + b
    history.append(np.mean((pred - y) ** 2))
