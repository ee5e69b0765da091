"""Truth: everything is right. An autograd engine over arrays in a hundred lines; regression with it at the end."""
import numpy as np


def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents
        self._backward = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Tensor) else Tensor(other)
        out = Tensor(self.data + other.data, (self, other))

        def _backward():
            self.grad += unbroadcast(out.grad, self.data.shape)
            other.grad += unbroadcast(out.grad, other.data.shape)
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Tensor) else Tensor(other)
        out = Tensor(self.data * other.data, (self, other))

        def _backward():
            self.grad += unbroadcast(out.grad * other.data, self.data.shape)
            other.grad += unbroadcast(out.grad * self.data, other.data.shape)
        out._backward = _backward
        return out

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))

        def _backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        out._backward = _backward
        return out

    def relu(self):
        out = Tensor(np.maximum(self.data, 0), (self,))

        def _backward():
            self.grad += out.grad * (self.data > 0)
        out._backward = _backward
        return out

    def mean(self):
        out = Tensor(self.data.mean(), (self,))

        def _backward():
            self.grad += out.grad / self.data.size
        out._backward = _backward
        return out

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-other)

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for p in node.parents:
                    visit(p)
                order.append(node)
        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            node._backward()


if __name__ == "__main__":
    gen = np.random.default_rng(12)
    X = Tensor(gen.normal(size=(40, 2)))
    Y = Tensor(np.abs(X.data[:, :1]) + X.data[:, 1:])
    W1, b1 = Tensor(gen.normal(size=(2, 8))), Tensor(np.zeros((1, 8)))
    W2, b2 = Tensor(gen.normal(size=(8, 1)) * 0.3), Tensor(np.zeros(1))
    for epoch in range(100):
        for p in (W1, b1, W2, b2):
            p.grad = np.zeros_like(p.data)
        diff = (X @ W1 + b1).relu() @ W2 + b2 - Y
        loss = (diff * diff).mean()
        loss.backward()
        for p in (W1, b1, W2, b2):
            p.data -= 0.05 * p.grad
        if epoch % 25 == 0:
            print(epoch, float(loss.data))
