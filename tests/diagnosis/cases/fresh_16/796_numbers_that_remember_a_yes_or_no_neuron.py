"""Truth: one operation of the engine. A class for one number with closures, a neuron with two inputs, the log loss of four rows; weights
are read and moved as numbers.
"""
import math
import random
import numpy as np


class Scalar:
    """One number of a formula, with the numbers it was made of."""

    def __init__(self, data, parents=()):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self._backward = lambda: None

    @staticmethod
    def wrap(x):
        return x if isinstance(x, Scalar) else Scalar(x)

    def __add__(self, other):
        other = Scalar.wrap(other)
        out = Scalar(self.data + other.data, (self, other))
        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = Scalar.wrap(other)
        out = Scalar(self.data * other.data, (self, other))
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out

    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.data))
        out = Scalar(s, (self,))
        def _backward():
            self.grad += s * (1 - s) * out.grad
        out._backward = _backward
        return out

    def log(self):
        out = Scalar(math.log(self.data), (self,))
        def _backward():
            self.grad += 1 / self.data
        out._backward = _backward
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) in seen:
                return
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

        visit(self)
        self.grad = 1.0
        for node in order[::-1]:
            node._backward()


def log_loss(w1, w2, b, rows, labels):
    total = Scalar(0.0)
    for (x1, x2), y in zip(rows, labels):
        p = (w1 * float(x1) + w2 * float(x2) + b).sigmoid()
        total = total + (p.log() if y == 1 else (p * -1 + 1).log()) * (-1 / len(labels))
    return total


random.seed(4)
rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
labels = np.array([0, 1, 1, 1])
weights = [random.uniform(-1, 1) for _ in range(3)]
for k in range(25):
    nodes = [Scalar(w) for w in weights]
    loss = log_loss(*nodes, rows, labels)
    loss.backward()
    weights = [node.data - 0.1 * node.grad for node in nodes]
print(loss.data)
