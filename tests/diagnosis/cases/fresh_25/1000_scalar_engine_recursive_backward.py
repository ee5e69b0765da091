"""Truth: backward hands on the gradient gathered so far, not the part that has just come: a node with two ways to the
result is counted too often. I use the variable twice, the right answer is 6 and I get 7.
"""
import math
import random


class Num:
    def __init__(self, value, parents=()):
        self.value = float(value)
        self.parents = parents  # pairs (node, local slope)
        self.grad = 0.0

    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.value * other.value, ((self, other.value), (other, self.value)))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __pow__(self, k):
        return Num(self.value ** k, ((self, k * self.value ** (k - 1)),))

    def tanh(self):
        t = math.tanh(self.value)
        return Num(t, ((self, 1 - t * t),))

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self, flow=1.0):
        self.grad += flow
        for node, slope in self.parents:
            node.backward(self.grad * slope)


def neuron(w, x):
    return w[0] * x[0] + w[1] * x[1] + w[2]


def predict(weights, x):
    first = [neuron(w, x).tanh() for w in weights[:2]]
    second = [neuron(w, first).tanh() for w in weights[2:4]]
    return neuron(weights[4], second)


if __name__ == "__main__":
    x = Num(1)
    xa = x * 1
    f = x * xa + x * x * 1 + x * xa
    f.backward()
    print(x.grad)

    random.seed(3)
    weights = [[Num(random.uniform(-1, 1)) for _ in range(3)] for _ in range(5)]
    data = [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), -1)]
    for epoch in range(20):
        for row in weights:
            for w in row:
                w.grad = 0.0
        loss = sum(((predict(weights, x) - Num(t)) ** 2 for x, t in data), Num(0))
        loss.backward()
        for row in weights:
            for w in row:
                w.value -= 0.05 * w.grad
    print(loss.value)
