"""Optimizers that are given the gradient as a function, and a start."""

import numpy as np


def gradient_descent(f_grad, x0, lr=0.1):
    x = x0
    for i in range(1000):
        x = x - lr * f_grad(x)
    return x


def adam(grad, x0, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
    x = x0
    m = np.zeros_like(x)
    v = np.zeros_like(x)
    for t in range(1, 1001):
        g = grad(x)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        x = x - lr * m_hat / (np.sqrt(v_hat) + eps)
    return x


def momentum(grad, init, n_epochs, learning_rate=0.05, gamma=0.9):
    theta = np.array(init, dtype=float)
    path = [theta.copy()]
    v = np.zeros_like(theta)
    for _ in range(n_epochs):
        v = gamma * v + learning_rate * grad(theta)
        theta = theta - v
        path.append(theta.copy())
    return np.array(path)


def rmsprop(gradient, start, step_size=0.01, decay=0.9, eps=1e-8):
    w = start.copy()
    s = np.zeros(w.shape)
    while True:
        g = gradient(w)
        if np.linalg.norm(g) < 1e-6:
            break
        s = decay * s + (1 - decay) * g * g
        w -= step_size * g / (np.sqrt(s) + eps)
    return w
