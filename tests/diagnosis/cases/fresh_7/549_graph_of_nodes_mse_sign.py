"""Truth: d/da of mean((y - a)^2) is -2/m (y - a); the minus stands at y's gradient and is missing at a's. A graph of nodes whose gradients
are kept in dicts by node.
"""
import numpy as np


class Node:
    def __init__(self, inbound=()):
        self.inbound, self.outbound, self.value, self.gradients = list(inbound), [], None, {}
        for n in self.inbound:
            n.outbound.append(self)

    def gradient_from_above(self):
        return sum(n.gradients[self] for n in self.outbound)


class Input(Node):
    def forward(self):
        pass

    def backward(self):
        self.gradients = {self: self.gradient_from_above()}


class Linear(Node):
    def forward(self):
        X, W, b = (n.value for n in self.inbound)
        self.value = np.dot(X, W) + b

    def backward(self):
        X, W, b = self.inbound
        grad_cost = self.gradient_from_above()
        self.gradients = {
            X: np.dot(grad_cost, W.value.T),
            W: np.dot(X.value.T, grad_cost),
            b: np.sum(grad_cost, axis=0, keepdims=False),
        }


class Sigmoid(Node):
    def forward(self):
        self.value = 1.0 / (1.0 + np.exp(-self.inbound[0].value))

    def backward(self):
        self.gradients = {self.inbound[0]: self.value * (1 - self.value) * self.gradient_from_above()}


class MSE(Node):
    def forward(self):
        y, a = self.inbound
        self.m = y.value.shape[0]
        self.diff = y.value - a.value
        self.value = np.mean(self.diff**2)

    def backward(self):
        y, a = self.inbound
        self.gradients = {y: -(2 / self.m) * self.diff, a: (2 / self.m) * self.diff}


def train_step(X_, W1_, b1_, W2_, b2_, y_):
    X, W1, b1, W2, b2, y = (Input() for _ in range(6))
    l1 = Linear([X, W1, b1])
    s1 = Sigmoid([l1])
    l2 = Linear([s1, W2, b2])
    cost = MSE([y, l2])
    for node, value in zip((X, W1, b1, W2, b2, y), (X_, W1_, b1_, W2_, b2_, y_)):
        node.value = value
    graph = [X, W1, b1, W2, b2, y, l1, s1, l2, cost]
    for node in graph:
        node.forward()
    for node in graph[::-1]:
        node.backward()
    return cost.value, [t.gradients[t] for t in (W1, b1, W2, b2)]
