"""Truth: the penalty's gradient lacks the factor 2."""
# Fit a cubic with gradient descent and an L2 penalty (homework 1, exercise 4)
import numpy as np

np.random.seed(10)
N = 40
x = np.linspace(-1, 1, N)
t = 0.5 - x + 2 * x ** 3 + 0.1 * np.random.randn(N)

# design matrix 1, x, x^2, x^3
Phi = np.stack([x ** k for k in range(4)], axis=1)
w = np.random.randn(4)
velocity = np.zeros(4)
lam, step, mom = 0.05, 0.1, 0.8

history = []
for epoch in range(300):
    pred = Phi @ w
    residual = pred - t
    loss = np.mean(residual ** 2) + lam * np.sum(w ** 2)
    history.append(loss)

    grad = 2 / N * Phi.T @ residual + lam * w

    velocity = mom * velocity - step * grad
    w = w + velocity

print("start", history[0], "end", history[-1])
print("weights", w)
