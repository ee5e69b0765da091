"""Truth: RIGHT. Optimizers as generators that are sent a gradient and yield the next point: centered RMSprop, Nesterov's momentum in the
form of a moved gradient, Lion, and AdaBelief, whose second moment is that of g - m.
"""
import numpy as np


def centered_rmsprop(x, lr=0.01, rho=0.95, mu=0.9, eps=1e-4):
    n = np.zeros_like(x)
    g_bar = np.zeros_like(x)
    delta = np.zeros_like(x)
    while True:
        g = yield x
        n = rho * n + (1 - rho) * g * g
        g_bar = rho * g_bar + (1 - rho) * g
        delta = mu * delta - lr * g / np.sqrt(n - g_bar**2 + eps)
        x = x + delta


def nesterov(x, lr=0.05, mu=0.9):
    v = np.zeros_like(x)
    while True:
        g = yield x
        v = mu * v - lr * g
        x = x + mu * v - lr * g


def lion(x, lr=0.01, b1=0.9, b2=0.99, wd=0.01):
    m = np.zeros_like(x)
    while True:
        g = yield x
        # the step mixes with b1, what is kept with b2
        c = b1 * m + (1 - b1) * g
        m = b2 * m + (1 - b2) * g
        x = x - lr * (np.sign(c) + wd * x)


def adabelief(x, lr=0.02, b1=0.9, b2=0.999, eps=1e-8):
    m, s, t = np.zeros_like(x), np.zeros_like(x), 0
    while True:
        g = yield x
        t += 1
        m += (1 - b1) * (g - m)
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
        x = x - lr * m / (1 - b1**t) / (np.sqrt(s / (1 - b2**t)) + eps)


def minimize(method, gradient, start, steps=400):
    optimizer = method(np.array(start, dtype=float))
    x = next(optimizer)
    for _ in range(steps):
        x = optimizer.send(gradient(x))
    return x


if __name__ == "__main__":
    scale = np.array([1.0, 5.0, 0.3])
    for method in (centered_rmsprop, nesterov, lion, adabelief):
        print(method.__name__, minimize(method, lambda x: scale * (x - 1), [3.0, -1.0, 0.0]).round(4))
