"""Truth: mean() hands the gradient of a sum to its input: 1 / size is missing. An engine of arrays with broadcasting."""
import numpy as np


class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents
        self.grad_fn = None

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))

        def grad_fn(g):
            self.grad += g @ other.data.T
            other.grad += self.data.T @ g

        out.grad_fn = grad_fn
        return out

    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))

        def grad_fn(g):
            self.grad += g
            other.grad += g if other.data.shape == g.shape else g.sum(axis=0)

        out.grad_fn = grad_fn
        return out

    def tanh(self):
        out = Tensor(np.tanh(self.data), (self,))

        def grad_fn(g):
            self.grad += g * (1 - out.data**2)

        out.grad_fn = grad_fn
        return out

    def square(self):
        out = Tensor(self.data**2, (self,))

        def grad_fn(g):
            self.grad += 2 * self.data * g

        out.grad_fn = grad_fn
        return out

    def mean(self):
        out = Tensor(self.data.mean(), (self,))

        def grad_fn(g):
            self.grad += g * np.ones_like(self.data)

        out.grad_fn = grad_fn
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            if node.grad_fn:
                node.grad_fn(node.grad)


def mlp_loss(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2 = Tensor(W1), Tensor(b1), Tensor(W2), Tensor(b2)
    hidden = (Tensor(X) @ W1 + b1).tanh()
    error = hidden @ W2 + b2 + Tensor(-Y)
    loss = error.square().mean()
    loss.backward()
    return float(loss.data), [W1.grad, b1.grad, W2.grad, b2.grad]
