"""Truth: one mistake, of the kind where a value that was used twice hands on more than it was given. A small engine that calls itself,
with pairs of parent and local rule, arrays as values.
"""
import numpy as np


class Var:
    def __init__(self, value, parents=()):
        self.value = np.asarray(value, dtype=float)
        self.parents = parents
        self.grad = np.zeros_like(self.value)

    def backprop(self, upstream=None):
        if upstream is None:
            upstream = np.ones_like(self.value)
        self.grad = self.grad + upstream
        for parent, rule in self.parents:
            parent.backprop(rule(self.grad))

    def __add__(self, other):
        return Var(self.value + other.value, ((self, lambda g: g), (other, lambda g: g)))

    def __sub__(self, other):
        return Var(self.value - other.value, ((self, lambda g: g), (other, lambda g: -g)))

    def __mul__(self, other):
        a, b = self.value, other.value
        return Var(a * b, ((self, lambda g: g * b), (other, lambda g: g * a)))

    def __matmul__(self, other):
        a, b = self.value, other.value
        return Var(a @ b, ((self, lambda g: g @ b.T), (other, lambda g: a.T @ g)))

    def tanh(self):
        t = np.tanh(self.value)
        return Var(t, ((self, lambda g: g * (1 - t ** 2)),))

    def mean(self):
        n = self.value.size
        return Var(self.value.mean(), ((self, lambda g: np.full(self.value.shape, g / n)),))


def gated_loss(x, w, v, u, target):
    h = (x @ w).tanh()
    gate = (h @ v).tanh()
    y = (h * gate + h) @ u
    e = y - target
    return (e * e).mean()


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    x = Var(rng.normal(size=(40, 3)))
    target = Var(np.cos(x.value[:, :1]) - x.value[:, 1:2])
    w, v, u = (Var(rng.normal(size=s) * 0.5) for s in ((3, 6), (6, 6), (6, 1)))
    for it in range(200):
        loss = gated_loss(x, w, v, u, target)
        for p in (w, v, u):
            p.grad = np.zeros_like(p.value)
        loss.backprop()
        for p in (w, v, u):
            p.value = p.value - 0.05 * p.grad
    print(float(loss.value))
