"""Truth: RIGHT. An engine of scalars with operators, closures and a topological order; a logistic unit on top."""
import math


class Value:
    def __init__(self, data, _children=()):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(_children)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), (self,))

        def _backward():
            self.grad += (1 - out.data ** 2) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        topo, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


def neuron_gradients(w, b, x, y):
    """handnn: network 3-1 tanh mse"""
    ws = [[Value(float(v)) for v in row] for row in w]
    bias = Value(float(b[0]))
    total = Value(0.0)
    for row, target in zip(x, y):
        act = bias
        for j in range(len(row)):
            act = act + ws[j][0] * float(row[j])
        out = act.tanh()
        diff = out + (-float(target[0]))
        total = total + diff * diff * (1.0 / len(x))
    total.backward()
    return total.data, [[v[0].grad] for v in ws], [bias.grad]
