import numpy as np


def nesterov(X, y, w, b, iterations=100, rate=0.05, gamma=0.9):
    """Logistic regression; Nesterov's accelerated gradient with the velocity of the step before."""
    vw, vb = np.zeros_like(w), 0.0
    for i in range(iterations):
        p = 1 / (1 + np.exp(-(X @ w + b)))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        dw = X.T @ (p - y) / len(y)
        db = np.mean(p - y)
        vw_before, vb_before = vw, vb
        vw = gamma * vw - rate * dw
        vb = gamma * vb - rate * db
        w = w - gamma * vw_before + (1 + gamma) * vw
        b = b - gamma * vb_before + (1 + gamma) * vb
    return w, b, loss
