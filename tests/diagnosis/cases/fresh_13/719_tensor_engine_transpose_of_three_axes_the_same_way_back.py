"""Truth: the gradient of a transposition goes back by the inverse permutation, np.argsort(axes); the same axes are right only where they
are their own inverse, and (2, 0, 1) is not. A small engine of arrays; the other operations are right.
"""
import numpy as np


def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for i, n in enumerate(shape):
        if n == 1 and grad.shape[i] != 1:
            grad = grad.sum(axis=i, keepdims=True)
    return grad


class Tensor:
    def __init__(self, data, parents=(), backward_fn=None):
        self.data = np.asarray(data, dtype=np.float64)
        self.parents = parents
        self.backward_fn = backward_fn
        self.grad = None

    @staticmethod
    def wrap(value):
        return value if isinstance(value, Tensor) else Tensor(value)

    def __add__(self, other):
        other = Tensor.wrap(other)
        return Tensor(self.data + other.data, (self, other),
                      lambda g: (unbroadcast(g, self.data.shape), unbroadcast(g, other.data.shape)))

    def __mul__(self, other):
        other = Tensor.wrap(other)
        return Tensor(self.data * other.data, (self, other),
                      lambda g: (unbroadcast(g * other.data, self.data.shape),
                                 unbroadcast(g * self.data, other.data.shape)))

    def __sub__(self, other):
        return self + Tensor.wrap(other) * -1.0

    def __matmul__(self, other):
        def fn(g):
            ga = g @ np.swapaxes(other.data, -1, -2)
            gb = np.swapaxes(self.data, -1, -2) @ g
            return unbroadcast(ga, self.data.shape), unbroadcast(gb, other.data.shape)
        return Tensor(self.data @ other.data, (self, other), fn)

    def transpose(self, *axes):
        return Tensor(np.transpose(self.data, axes), (self,), lambda g: (np.transpose(g, axes),))

    def tanh(self):
        out = np.tanh(self.data)
        return Tensor(out, (self,), lambda g: (g * (1 - out**2),))

    def mean(self):
        return Tensor(self.data.mean(), (self,), lambda g: (np.full_like(self.data, g / self.data.size),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) in seen:
                return
            seen.add(id(node))
            for p in node.parents:
                visit(p)
            order.append(node)
        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            if node.backward_fn is None:
                continue
            for p, g in zip(node.parents, node.backward_fn(node.grad)):
                p.grad = g if p.grad is None else p.grad + g


def mixer_loss(x, w_time, w_out, bias, target):
    """ x (channels, time, batch); all sizes alike, as in the demo """
    h = (w_time @ x).tanh()
    h = h.transpose(2, 0, 1)              # batch, channels, time
    h = (h @ w_out + bias).tanh()
    return ((h - target) * (h - target)).mean()


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(3, 3, 3)))
    w_time, w_out = Tensor(rng.normal(size=(3, 3))), Tensor(rng.normal(size=(3, 3)))
    bias, target = Tensor(np.zeros((1, 3))), Tensor(rng.uniform(-1, 1, (3, 3, 3)))
    for step in range(50):
        params = [w_time, w_out, bias]
        for p in params:
            p.grad = None
        loss = mixer_loss(x, w_time, w_out, bias, target)
        loss.backward()
        for p in params:
            p.data -= 0.1 * p.grad
    print(float(loss.data))
