"""Truth: mean over an axis hands back the gradient divided by the number of ALL elements, not of those in the axis. The
engine keeps a tape instead of a graph. mean() of everything has its test, and that passes. Where are the gradients lost?
"""
import numpy as np

TAPE = []


class Array:
    def __init__(self, value):
        self.value = np.asarray(value, dtype=float)
        self.grad = np.zeros_like(self.value)


def record(value, back):
    out = Array(value)
    TAPE.append(lambda: back(out.grad))
    return out


def add(a, b):
    def back(g):
        a.grad += g
        b.grad += g.sum(axis=0) if b.value.ndim < g.ndim else g
    return record(a.value + b.value, back)


def matmul(a, b):
    def back(g):
        a.grad += g @ b.value.swapaxes(-1, -2)
        gb = a.value.swapaxes(-1, -2) @ g
        b.grad += gb.sum(axis=0) if gb.ndim > b.value.ndim else gb
    return record(a.value @ b.value, back)


def relu(a):
    def back(g):
        a.grad += g * (a.value > 0)
    return record(np.maximum(a.value, 0), back)


def square(a):
    def back(g):
        a.grad += 2 * a.value * g
    return record(a.value ** 2, back)


def mean(a, axis=None):
    def back(g):
        if axis is not None:
            g = np.expand_dims(g, axis)
        a.grad += np.ones_like(a.value) * g / a.value.size
    return record(a.value.mean(axis=axis), back)


def run_tape(last):
    last.grad[...] = 1
    while TAPE:
        TAPE.pop()()


def loss_and_grads(params, x, y):
    """A set of points in each sample: a layer for every point, their mean, a layer for the mean."""
    W1, W2, b2 = [Array(p) for p in params]
    points = relu(matmul(Array(x), W1))
    pooled = mean(points, axis=1)
    out = add(matmul(pooled, W2), b2)
    loss = mean(square(add(out, Array(-y))))
    run_tape(loss)
    return float(loss.value), [W1.grad, W2.grad, b2.grad]


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((6, 4, 3)), rng.standard_normal((6, 2))
    params = [rng.standard_normal((3, 5)), rng.standard_normal((5, 2)), np.zeros(2)]
    for epoch in range(40):
        loss, grads = loss_and_grads(params, x, y)
        params = [p - 0.1 * g for p, g in zip(params, grads)]
    print(loss)
