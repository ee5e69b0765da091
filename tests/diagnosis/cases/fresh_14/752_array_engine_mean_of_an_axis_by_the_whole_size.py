"""Truth: the mean along an axis is of as many numbers as that axis has; its backward step divides by the size of the whole array. A small
engine over arrays whose nodes keep what they have to add to their parents.
"""
import numpy as np


def fold(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for ax, n in enumerate(shape):
        if n == 1 and g.shape[ax] != 1:
            g = g.sum(axis=ax, keepdims=True)
    return g


class Node:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents

    def __add__(self, o):
        return Node(self.data + o.data, ((self, lambda g: g), (o, lambda g: g)))

    def __sub__(self, o):
        return Node(self.data - o.data, ((self, lambda g: g), (o, lambda g: -g)))

    def __mul__(self, o):
        return Node(self.data * o.data, ((self, lambda g: g * o.data), (o, lambda g: g * self.data)))

    def __truediv__(self, o):
        return Node(self.data / o.data, ((self, lambda g: g / o.data), (o, lambda g: -g * self.data / o.data ** 2)))

    def __matmul__(self, o):
        return Node(self.data @ o.data, ((self, lambda g: g @ o.data.T), (o, lambda g: self.data.T @ g)))

    def tanh(self):
        t = np.tanh(self.data)
        return Node(t, ((self, lambda g: g * (1 - t * t)),))

    def sqrt(self):
        r = np.sqrt(self.data)
        return Node(r, ((self, lambda g: g / (2 * r)),))

    def sum(self):
        return Node(self.data.sum(), ((self, lambda g: g * np.ones_like(self.data)),))

    def mean(self, axis=0):
        m = self.data.mean(axis=axis, keepdims=True)
        return Node(m, ((self, lambda g: g * np.ones_like(self.data) / self.data.size),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            for parent, pull in node.parents:
                parent.grad = parent.grad + fold(pull(node.grad), parent.data.shape)


def standardized_loss(x, y, w1, b1, w2):
    """ a layer whose units are standardized over the batch, then squared errors """
    z = x @ w1 + b1
    centred = z - z.mean(axis=0)
    spread = ((centred * centred).mean(axis=0) + Node(1e-3)).sqrt()
    out = (centred / spread).tanh() @ w2
    err = out - y
    return (err * err).sum()


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    xs, ys = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    weights = [rng.normal(size=(3, 4)), rng.normal(size=(1, 4)), rng.normal(size=(4, 1))]
    for i in range(100):
        nodes = [Node(w) for w in weights]
        loss = standardized_loss(Node(xs), Node(ys), *nodes)
        loss.backward()
        weights = [n.data - 0.005 * n.grad for n in nodes]
    print(loss.data)
