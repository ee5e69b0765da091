"""Adam in the loop of a script, with its cost after the step."""

import numpy as np

X = np.random.rand(100, 1) * 2
y = 4 + 3 * X + np.random.randn(100, 1)
Xb = np.c_[np.ones((100, 1)), X]
theta = np.random.randn(2, 1)
m = np.zeros_like(theta)
v = np.zeros_like(theta)
lr, beta1, beta2 = 0.05, 0.9, 0.999
costs = []
for t in range(1, 1001):
    err = Xb @ theta - y
    grad = 2 / len(y) * Xb.T @ err
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    theta = theta - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
    costs.append(np.mean((Xb @ theta - y) ** 2))
