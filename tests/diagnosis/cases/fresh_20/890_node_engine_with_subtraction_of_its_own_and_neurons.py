"""Truth: the second operand of a difference gets the wrong sign. A scalar engine called Node, with neurons above it."""
import math
import random


class Node:
    def __init__(self, data, parents=(), op=""):
        self.data = data
        self.grad = 0.0
        self.parents = set(parents)
        self.op = op
        self.back = lambda: None

    def __repr__(self):
        return f"Node({self.data:.4f}, grad={self.grad:.4f})"

    def __add__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        out = Node(self.data + other.data, (self, other), "+")

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __sub__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        out = Node(self.data - other.data, (self, other), "-")

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        out = Node(self.data * other.data, (self, other), "*")

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.back = back
        return out

    def __pow__(self, k):
        out = Node(self.data ** k, (self,), f"**{k}")

        def back():
            self.grad += k * self.data ** (k - 1) * out.grad

        out.back = back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Node(t, (self,), "tanh")

        def back():
            self.grad += (1 - t * t) * out.grad

        out.back = back
        return out

    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.data))
        out = Node(s, (self,), "sigmoid")

        def back():
            self.grad += s * (1 - s) * out.grad

        out.back = back
        return out

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node.back()


class Neuron:
    def __init__(self, n):
        self.w = [Node(random.uniform(-1, 1)) for _ in range(n)]
        self.b = Node(0.0)

    def __call__(self, x):
        return sum((w * xi for w, xi in zip(self.w, x)), self.b)

    def parameters(self):
        return self.w + [self.b]


class Net:
    def __init__(self, n_in, n_hidden):
        self.hidden = [Neuron(n_in) for _ in range(n_hidden)]
        self.out = Neuron(n_hidden)

    def __call__(self, x):
        return self.out([h(x).tanh() for h in self.hidden])

    def parameters(self):
        return [p for n in self.hidden + [self.out] for p in n.parameters()]


if __name__ == "__main__":
    random.seed(0)
    net = Net(2, 4)
    xs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    ys = [0, 1, 1, 0]
    for step in range(200):
        loss = sum(((net(x) - y) ** 2 for x, y in zip(xs, ys)), Node(0.0))
        for p in net.parameters():
            p.grad = 0.0
        loss.backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad
    print(loss.data)
