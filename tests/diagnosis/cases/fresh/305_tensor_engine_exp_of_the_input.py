"""Truth: a small autograd engine; exp multiplies by its input where its output belongs."""
import numpy as np


class Tensor:
    def __init__(self, data, children=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self._prev = set(children)
        self._backward = lambda: None

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))

        def _backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad

        out._backward = _backward
        return out

    def add_bias(self, bias):
        out = Tensor(self.data + bias.data, (self, bias))

        def _backward():
            self.grad += out.grad
            bias.grad += out.grad.sum(axis=0)

        out._backward = _backward
        return out

    def tanh(self):
        out = Tensor(np.tanh(self.data), (self,))

        def _backward():
            self.grad += (1 - out.data ** 2) * out.grad

        out._backward = _backward
        return out

    def exp(self):
        out = Tensor(np.exp(self.data), (self,))

        def _backward():
            self.grad += self.data * out.grad

        out._backward = _backward
        return out

    def minus(self, value):
        out = Tensor(self.data - value, (self,))

        def _backward():
            self.grad += out.grad

        out._backward = _backward
        return out

    def square_mean(self):
        out = Tensor((self.data ** 2).mean(), (self,))

        def _backward():
            self.grad += 2 * self.data * out.grad / self.data.size

        out._backward = _backward
        return out

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = np.ones_like(self.data)
        for v in reversed(topo):
            v._backward()


def loss_and_grads(params, x, y):
    """handnn: network 4-5-2 tanh exponential mse"""
    W1, b1, W2, b2 = [Tensor(p) for p in params]
    h = (Tensor(x) @ W1).add_bias(b1).tanh()
    out = (h @ W2).add_bias(b2).exp()
    loss = out.minus(y).square_mean()
    loss.backward()
    return loss.data, [W1.grad, b1.grad, W2.grad, b2.grad]
