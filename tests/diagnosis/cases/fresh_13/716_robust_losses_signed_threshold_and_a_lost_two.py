"""Truth: the gradient of Huber's loss asks for the signed difference where the loss asks for the absolute one, so every difference below
-delta is left quadratic; that of the modified Huber loss of a classifier lacks the 2 of the square. Tukey's loss and the hinge are right.
"""
import numpy as np


def huber(pred, target, delta=1.0):
    e = pred - target
    quadratic = np.abs(e) <= delta
    return np.mean(np.where(quadratic, 0.5 * e**2, delta * (np.abs(e) - 0.5 * delta)))


def huber_grad(pred, target, delta=1.0):
    e = pred - target
    quadratic = e <= delta
    return np.where(quadratic, e, delta * np.sign(e)) / e.size


def modified_huber(score, y):
    """labels -1 and 1"""
    m = y * score
    return np.mean(np.where(m >= -1, np.maximum(0, 1 - m) ** 2, -4 * m))


def modified_huber_grad(score, y):
    m = y * score
    g = np.zeros_like(score)
    inside = (m >= -1) & (m < 1)
    g[inside] = (-y * (1 - m))[inside]
    g[m < -1] = -4 * y[m < -1]
    return g / len(y)


def hinge(score, y):
    return np.mean(np.maximum(0, 1 - y * score))


def hinge_grad(score, y):
    return np.where(y * score < 1, -y, 0) / len(y)


def tukey(pred, target, c=4.685):
    u = np.clip((pred - target) / c, -1, 1)
    return np.mean(c**2 / 6 * (1 - (1 - u**2) ** 3))


def tukey_grad(pred, target, c=4.685):
    e = pred - target
    return np.where(np.abs(e) <= c, e * (1 - (e / c) ** 2) ** 2, 0) / e.size


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    true = np.array([1.0, -2.0, 0.5])
    y = X @ true + rng.standard_t(2, size=60)
    for loss, grad in [(huber, huber_grad), (tukey, tukey_grad)]:
        w = np.zeros(3)
        for _ in range(200):
            w -= 0.1 * X.T @ grad(X @ w, y)
        print(loss.__name__, w.round(2), loss(X @ w, y))
    labels = np.where(X @ true > 0, 1.0, -1.0)
    for loss, grad in [(hinge, hinge_grad), (modified_huber, modified_huber_grad)]:
        w = np.zeros(3)
        for _ in range(200):
            w -= 0.1 * X.T @ grad(X @ w, labels)
        print(loss.__name__, np.mean(np.sign(X @ w) == labels))
